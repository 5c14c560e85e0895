public import Base

/// One timer that may be set to another time at any moment.
public final class OneTimer {
    private let loop: any Loop
    private let action: () -> Void
    private var pending: (at: MonotonicInstant, token: Token)?

    public init(loop: any Loop, action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    /// - Parameter time: nil: the timer is off.
    public func set(_ time: MonotonicInstant?) {
        if let pending {
            if pending.at == time { return }
            loop.cancel(pending.token)
        }
        pending = time.map { time in
            let token = loop.schedule(at: time) { [unowned self] in
                pending = nil
                action()
            }
            return (time, token)
        }
    }
}
