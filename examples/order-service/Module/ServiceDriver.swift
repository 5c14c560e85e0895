import Base
public import EventLoop
import HTTPServer

/// Runs the service on a loop: the one owner of the machine, of its timer and of its answers.
public final class ServiceDriver {
    /// How long a call that is never answered keeps its connection.
    private static let longestSilence = TimeSpan.seconds(60)

    typealias Answer = OrderService<ExchangeID>.Answer

    let loop: EventLoop
    private(set) var service: OrderService<ExchangeID>
    private var timer: (token: Token, time: MonotonicInstant)?
    private var answers: [Answer] = []
    /// Carries an answer out; set by the listener for orders.
    var deliver: (ExchangeID, OrderService<ExchangeID>.Reply) -> Void = { _, _ in }
    /// Closes a connection; set by the same.
    var abandon: (ExchangeID) -> Void = { _ in }

    public init(loop: EventLoop, settings: ServiceSettings, seed: UInt64) {
        self.loop = loop
        service = OrderService(settings: settings, seed: seed, now: loop.now)
    }

    /// Handles what is due, then `body`, then delivers the answers of both.
    func withService(_ body: (inout OrderService<ExchangeID>, MonotonicInstant, inout [Answer]) -> Void) {
        let now = loop.now
        var due: [Answer] = []
        swap(&due, &answers)
        service.advance(to: now, answers: &due)
        body(&service, now, &due)
        for answer in due { send(answer) }
        due.removeAll(keepingCapacity: true)
        swap(&due, &answers)
        arm()
    }

    private func send(_ answer: Answer) {
        guard case .silence(let late) = answer.reply else { return deliver(answer.caller, answer.reply) }
        guard late == nil else { return }
        let caller = answer.caller
        loop.schedule(after: Self.longestSilence) { [unowned self] in abandon(caller) }
    }

    private func arm() {
        guard let next = service.nextTime else { return }
        if let timer {
            guard next < timer.time else { return }
            loop.cancel(timer.token)
        }
        let token = loop.schedule(at: next) { [unowned self] in
            timer = nil
            withService { _, _, _ in }
        }
        timer = (token, next)
    }
}
