import Base
import Domain
import EventLoop
import HTTPServer
import Operations
import Testing

@testable import WorkerModule

private func sink(_ arguments: [String]) throws -> WorkerSink {
    let surroundings = Surroundings(arguments: arguments, environment: [:], cores: 1) { _, _ in .failure("") }
    guard case .run(let values) = WorkerConfiguration.schema.load(surroundings) else { throw CancellationError() }
    let log = WorkerEvents(log: Log(level: .error, node: "w-1"))
    return try WorkerSink(values, loop: try EventLoop(), node: "w-1", log: log)
}

private let webhook = [
    "--sink=webhook", "--sink-url=https://shop/orders", "--sink-secret=a secret of at least twenty-four letters",
    "--ticket-key=\(String(repeating: "0a", count: 32))", "--sink-group=shop", "--breaker=manual",
]

private func status(_ sink: WorkerSink, _ method: Method, _ path: String) -> Int? {
    sink.answer(method, path, Array("{}".utf8).span, reviveAll: { _ in true })?.status
}

@Test func `each sink has the switches that belong to it`() throws {
    let (none, delay, service) = (try sink([]), try sink(["--sink=delay"]), try sink(webhook))
    #expect(none.order == nil && none.switches == nil && status(none, .get, "/ops/v1/delay") == nil)
    #expect(delay.order?.group == nil && delay.switches == "ms=20 slots=4 variation_percent=0")
    #expect(status(delay, .get, "/ops/v1/delay") == 200 && status(delay, .get, "/ops/v1/breaker") == nil)
    #expect(service.order?.group?.name == "shop" && service.switches == "mode=manual state=closed")
    #expect(status(service, .put, "/ops/v1/breaker") == 200 && status(service, .get, "/ops/v1/delay") == nil)
    #expect(status(service, .post, "/ops/v1/doubts") == 400 && status(service, .get, "/ops/v1/else") == nil)
}

@Test func `an open breaker is what impairs a sink, and its reason to be down is PostgreSQL alone`() throws {
    let sink = try sink(webhook)
    #expect(sink.impairment == nil && sink.reason == nil)
    let open = Array(#"{"state":"open"}"#.utf8)
    #expect(sink.answer(.put, BreakerSwitch.path, open.span, reviveAll: { _ in true })?.status == 200)
    #expect(sink.impairment == "the breaker of group shop is open" && sink.reason == nil)
}

@Test func `a worker that places orders in another way than the others says what to do`() {
    let problem = WorkerProcess.conflict(own: .none, others: "webhook")
    #expect(problem.subject == "--sink")
    #expect(problem.message.hasPrefix("is none, and the workers of this store have webhook: "))
    #expect(problem.message.hasSuffix("is free for another sink 60 s after the last of them is gone"))
}

@Test(arguments: [(5_000, 4_000), (1_000, 0), (0, 0)])
func `a worker that stops leaves a second of its time to the end of the process`(drain: Int64, limit: Int64) {
    #expect(WorkerProcess.stopLimit(.milliseconds(drain)) == .milliseconds(limit))
}
