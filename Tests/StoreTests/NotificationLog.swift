import Domain
import Testing

@testable import Store

/// Everything that a listener of a rig's store gets.
final class NotificationLog {
    private let rig: Rig
    private let listener: StoreListener
    private(set) var notification: [ChangeNotification] = []
    private(set) var reports: [WorkerReport] = []
    private(set) var grants: [[Grant]] = []
    private(set) var retries: [RetryGrant] = []
    private(set) var unreadable = 0

    /// Listens from when this returns.
    init(_ rig: Rig, topics: [StoreListener.Topic] = [.changes]) throws {
        self.rig = rig
        listener = StoreListener(
            loop: rig.loop, options: try Rig.options(rig.server, database: rig.database), topics: topics)
        listener.onNotification = { [unowned self] in notification.append($0) }
        listener.onReport = { [unowned self] in reports.append($0) }
        listener.onGrants = { [unowned self] in grants.append($0) }
        listener.onRetries = { [unowned self] in retries.append($0) }
        listener.onUnreadableNotification = { [unowned self] in unreadable += 1 }
        listener.start()
        try #require(rig.turns { listener.isFollowing })
    }

    deinit { listener.close() }

    /// All notifications of an item so far: up to the present version.
    func all(of item: ItemReference) throws -> [ChangeNotification] {
        let last = try rig.counters(item).notification
        try #require(
            rig.turns { notification.contains { $0.item == item.keys.name && $0.counters.notification >= last } })
        return notification.filter { $0.item == item.keys.name }
    }

    func wait(until condition: () -> Bool) -> Bool { rig.turns(until: condition) }
}
