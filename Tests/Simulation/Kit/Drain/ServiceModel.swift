public import Base
public import TestKit

/// What is wrong with a service for a while, on purpose.
public struct ServiceFault: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// An error where the work was not done, and where it was done all the same.
        case failure, failureAfterwards
        /// The connection is reset at once, or once the work is done.
        case reset, resetAfterwards
        /// No room, at once; perhaps with the time after which there is.
        case busy(retryAfter: TimeSpan?)
    }

    public var kind: Kind
    public var from: TimeSpan
    public var to: TimeSpan
    public var perMille: Int64  // of the calls

    public init(_ kind: Kind, from: TimeSpan, to: TimeSpan, perMille: Int64) {
        (self.kind, self.from, self.to, self.perMille) = (kind, from, to, perMille)
    }
}

/// A service as its slots see it, in virtual time: it serves so many calls at once, and those that come meanwhile wait
/// in their order.
public final class ServiceModel {
    public struct Settings: Sendable {
        public var course: ServiceCourse
        public var shape = ServiceTimes.Shape.gamma
        public var variation = 0.5
        public var faults: [ServiceFault] = []
        /// While more calls than this are in it, those that begin take `collapseFactor` times as long.
        public var collapsesAbove = Int.max
        public var collapseFactor = 8.0
        /// Nil: no rate breaks it.
        public var rateCliff: RateCliff.Settings?
        public var seed: UInt64 = 1

        public init(course: ServiceCourse) { self.course = course }
    }

    public enum Ending: Sendable, Equatable {
        case served
        /// The fault that it ended with.
        case failed(ServiceFault.Kind)

        /// Whether the work was done, whatever the caller learns of it.
        public var isDone: Bool {
            switch self {
            case .served, .failed(.failureAfterwards), .failed(.resetAfterwards): true
            case .failed(.failure), .failed(.reset), .failed(.busy): false
            }
        }
    }

    private let world: VirtualWorld
    private let settings: Settings
    private var times: ServiceTimes
    private var chance: Chance
    private var cliff: RateCliff?
    private var queue: ArraySlice<(Ending) -> Void> = []
    public private(set) var busy = 0
    public private(set) var mostInside = 0
    /// A slot may be free.
    var onRoom: () -> Void = {}

    public init(_ world: VirtualWorld, _ settings: Settings) {
        self.world = world
        self.settings = settings
        times = ServiceTimes(
            settings.shape, variation: settings.variation, slots: settings.course.mostSlots, seed: settings.seed)
        chance = Chance(seed: settings.seed &+ 1)
        cliff = settings.rateCliff.map { RateCliff($0) }
        for growth in settings.course.growths {
            world.after(growth - world.now) { [weak self] in
                self?.fillSlots()
                self?.onRoom()
            }
        }
    }

    public var waiting: Int { queue.count }
    /// How often a rate broke it.
    public var collapses: Int { cliff?.collapses ?? 0 }
    public var slots: Int { settings.course.slots(at: world.now) }
    var hasFreeSlot: Bool { busy < slots }

    /// A call arrives.
    ///
    /// - Parameter ended: called once, when it ends; not where it is turned away at once.
    /// - Returns: why it is turned away; nil: it is in.
    public func call(_ ended: @escaping (Ending) -> Void) -> ServiceFault.Kind? {
        if let kind = fault(atOnce: true) { return kind }
        cliff?.called(now: world.now)
        queue.append(ended)
        mostInside = max(mostInside, busy + queue.count)
        fillSlots()
        return nil
    }

    private func fault(atOnce: Bool) -> ServiceFault.Kind? {
        for fault in settings.faults {
            guard fault.from.nanoseconds <= world.now.nanoseconds, world.now.nanoseconds < fault.to.nanoseconds,
                Self.isAtOnce(fault.kind) == atOnce, chance.whole(0...999) < fault.perMille
            else { continue }
            return fault.kind
        }
        return nil
    }

    private static func isAtOnce(_ kind: ServiceFault.Kind) -> Bool {
        switch kind {
        case .reset, .busy: true
        case .failure, .failureAfterwards, .resetAfterwards: false
        }
    }

    private func fillSlots() {
        while hasFreeSlot, let ended = queue.popFirst() {
            busy += 1
            var work = times.next()
            if busy + queue.count > settings.collapsesAbove { work *= settings.collapseFactor }
            let isBroken = cliff?.isBroken(now: world.now) ?? false
            if isBroken { work *= settings.rateCliff?.factor ?? 1 }
            let end = max(world.now + .nanoseconds(1), settings.course.end(of: work, from: world.now))
            world.after(end - world.now) { [weak self] in self?.finish(ended, beganBroken: isBroken) }
        }
    }

    private func finish(_ ended: (Ending) -> Void, beganBroken: Bool) {
        busy -= 1
        precondition(busy >= 0, "a call ended twice")
        var kind = fault(atOnce: false)
        if beganBroken, let perMille = settings.rateCliff?.perMille, chance.whole(0...999) < perMille {
            kind = kind ?? .failure
        }
        fillSlots()
        ended(kind.map { .failed($0) } ?? .served)
        onRoom()
    }
}
