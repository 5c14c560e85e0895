public import Base
import EventLoop
public import Store

// DESIGN
// A pipelined connection as RedisConnection is one: calls are carried out and answered in their order; when the
// connection is lost, what was sent fails with an unknown outcome, whether it was carried out or not; while there is
// none, calls fail as unreachable; the next one is there within a second. What is late is carried out on no connection.

/// One process's connection to the model of the store.
public final class ModelLink {
    static let reapedMessage = "reaped"

    private final class Call {
        let execute: () -> () -> Void
        let fail: (StoreFailure) -> Void
        let runID: String

        init(runID: String, execute: @escaping () -> () -> Void, fail: @escaping (StoreFailure) -> Void) {
            self.runID = runID
            self.execute = execute
            self.fail = fail
        }
    }

    private let world: VirtualWorld
    private let loop: VirtualLoop
    private let store: ModelStore
    private let faults: ModelFaults
    private var pending: [Call] = []
    private var connection = 0  // counts them, and their ends
    private var isCut = false  // and this process has not noticed
    private var lastArrival = MonotonicInstant(nanoseconds: 0)
    private var lastReply = MonotonicInstant(nanoseconds: 0)
    private var hasProbed = false
    private var probeTimer: Token?
    public private(set) var isReady = false
    public private(set) var runID = ""
    /// Of the process of Redis that this process met first.
    private(set) var firstRunID = ""

    public var onReady: (() -> Void)?
    public var onDown: ((String) -> Void)?
    public var onWork: (() -> Void)?
    public var onImpaired: ((Impairment) -> Void)?
    public var onRestored: ((Impairment, TimeSpan) -> Void)?
    public var onProbed: ((String?) -> Void)?

    /// For checks: a `deduct` of so many winners goes out; what is returned gets the answer, nil where there is none.
    public var onDeduct: ((ItemReference, _ winners: Int64) -> (Deduction?) -> Void)?

    public init(_ world: VirtualWorld, loop: VirtualLoop, store: ModelStore, faults: ModelFaults) {
        self.world = world
        self.loop = loop
        self.store = store
        self.faults = faults
        store.join(self)
    }

    public var takesWork: Bool { isReady && hasProbed }
    public var workReason: String? { takesWork ? nil : "not connected yet" }
    public var unsuitable: String? { nil }
    public var impairments: [Impairment] { [] }

    public func start() { connect(after: .microseconds(200)) }

    private var transit: TimeSpan { .microseconds(100 + world.below(200)) }

    private func connect(after wait: TimeSpan) {
        loop.schedule(after: wait) { [weak self] in
            guard let self, !isReady else { return }
            (isReady, isCut) = (true, false)
            connection += 1
            runID = store.runID
            if firstRunID.isEmpty { firstRunID = runID }
            probe()
            onReady?()
        }
    }

    /// As the product probes every 800 ms whether writes would be taken, and reads the name of the data.
    private func probe() {
        if let probeTimer { loop.cancel(probeTimer) }
        probeTimer = loop.schedule(after: .milliseconds(800)) { [weak self] in self?.probe() }
        call({ $0.lifeName }) { [weak self] (result: Result<String?, StoreFailure>) in
            guard let self, case .success(let name) = result else { return }
            let couldWork = takesWork
            hasProbed = true
            if !couldWork && takesWork { onWork?() }
            onProbed?(name)
        }
    }

    // MARK: Calls

    func call<Value>(_ execute: @escaping (ModelStore) -> Value, _ completion: @escaping StoreCompletion<Value>) {
        attempt({ .success(execute($0)) }, completion)
    }

    /// The same for what the store may refuse.
    func attempt<Value>(
        _ execute: @escaping (ModelStore) -> Result<Value, StoreFailure>, _ completion: @escaping StoreCompletion<Value>
    ) {
        guard isReady else {
            loop.schedule(after: .nanoseconds(1)) { completion(.failure(.unreachable)) }
            return
        }
        let call = Call(
            runID: runID,
            execute: { [store] in
                let result = execute(store)
                return { completion(result) }
            },
            fail: { completion(.failure($0)) })
        pending.append(call)
        if isCut { return }  // it goes nowhere
        lastArrival = max(lastArrival, world.now + transit)
        let connection = connection
        world.after(lastArrival - world.now) { [weak self] in self?.arrive(call, connection) }
        if !faults.isOver(world.now), world.happens(faults.brokenPerMille) {
            world.after(.microseconds(world.below(600))) { [weak self] in
                if self?.connection == connection { self?.cut() }
            }
        }
    }

    private func arrive(_ call: Call, _ connection: Int) {
        guard connection == self.connection else { return carryOutLate(call) }
        let answer = call.execute()
        lastReply = max(lastReply, world.now + transit)
        loop.schedule(at: lastReply) { [weak self] in
            guard let self, connection == self.connection, !pending.isEmpty else { return }
            pending.removeFirst()
            answer()
        }
    }

    /// Bytes that a network held back. They end with the process of Redis that they were sent to.
    private func carryOutLate(_ call: Call) {
        guard world.happens(faults.latePerMille) else { return }
        world.after(world.moment(in: .seconds(4))) { [store] in
            if store.runID == call.runID { _ = call.execute() }
        }
    }

    /// The connection is lost; the process notices at once, or after the deadline of its calls.
    public func cut() {
        guard isReady, !isCut else { return }
        isCut = true
        connection += 1
        let isNoticed = world.below(2) == 0
        loop.schedule(after: isNoticed ? .nanoseconds(1) : .milliseconds(800)) { [weak self] in self?.notice() }
    }

    private func notice() {
        guard isReady else { return }
        isReady = false
        hasProbed = false
        let failed = pending
        pending = []
        for call in failed { call.fail(.outcomeUnknown) }
        onDown?("lost")
        connect(after: .milliseconds(1 + world.below(1_000)))
    }
}
