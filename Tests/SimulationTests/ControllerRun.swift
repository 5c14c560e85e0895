import Base
import Domain
import TestKit

@testable import SimulationKit

// DESIGN
// The controller of groups alone before the service model, without the scheduler, workers and breakers of a
// `DrainRun`: what it chooses is its own doing. Grants and reports are on their way for up to a millisecond each, so
// when a call was sent is known about as well as in the product. Its pace is left out: that only spreads bursts.

/// Which windows the controller of groups chooses while there is always more to send.
final class ControllerRun {
    private static let mostTrip = TimeSpan.milliseconds(1)

    private let world: VirtualWorld
    private let service: ServiceModel
    private var controller = LatencyController(now: MonotonicInstant(nanoseconds: 0))
    private var inFlight: Int64 = 0
    private var windows: [Int] = []  // at every tenth millisecond
    private(set) var reasons: [CapacityReason] = []
    private(set) var served = 0

    init(_ settings: ServiceModel.Settings) {
        world = VirtualWorld(seed: settings.seed)
        service = ServiceModel(world, settings)
        look()
    }

    deinit { world.close() }

    func run(to end: TimeSpan) { world.run(to: MonotonicInstant(nanoseconds: end.nanoseconds)) }

    private func look() {
        windows.append(Int(controller.window))
        send()
        world.after(.milliseconds(10)) { [unowned self] in look() }
    }

    private func send() {
        let count = controller.window - inFlight
        guard count > 0 else { return }
        inFlight += count
        controller.sent(count, inFlight: inFlight, now: world.now)
        for _ in 0..<count { world.after(world.moment(in: Self.mostTrip)) { [unowned self] in call() } }
    }

    private func call() {
        let began = world.now
        let refusal = service.call { [unowned self] in report(began: began, isAnswered: $0 == .served) }
        if refusal != nil { report(began: began, isAnswered: false) }
    }

    private func report(began: MonotonicInstant, isAnswered: Bool) {
        let latency = world.now - began
        if isAnswered { served += 1 }
        world.after(world.moment(in: Self.mostTrip)) { [unowned self] in
            inFlight -= 1
            controller.finished(latency: latency, dispatch: Self.mostTrip, isAnswered: isAnswered, now: world.now)
            let reason = controller.snapshot.reason
            if reasons.last != reason { reasons.append(reason) }
            send()
        }
    }

    // MARK: What it chose, at times in milliseconds

    /// The smallest one first.
    private func sorted(_ time: Range<Int>) -> [Int] { windows[time.lowerBound / 10..<time.upperBound / 10].sorted() }

    func least(_ time: Range<Int>) -> Int { sorted(time)[0] }
    func most(_ time: Range<Int>) -> Int { sorted(time).last! }
    func median(_ time: Range<Int>) -> Int { sorted(time)[(time.upperBound - time.lowerBound) / 20] }

    /// Share of the time in which the window was larger than this, per cent.
    func percent(above window: Int, _ time: Range<Int>) -> Int {
        sorted(time).count { $0 > window } * 1_000 / (time.upperBound - time.lowerBound)
    }
}
