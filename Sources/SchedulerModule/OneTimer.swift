import Base
import EventLoop

/// Calls back at one time, which may be set anew at any moment.
final class OneTimer {
    private let loop: any Loop
    private let action: () -> Void
    private var pending: (at: MonotonicInstant, token: Token)?

    init(loop: any Loop, action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    /// Nil: not at all.
    func set(_ time: MonotonicInstant?) {
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
