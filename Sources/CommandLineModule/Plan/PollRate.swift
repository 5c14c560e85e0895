import Glibc

/// How many polls a second a queue causes, when every buyer polls exactly after `poll_after_ms`.
///
/// `poll_after_ms` is a tenth of the wait ahead, in 0.1...30 s, give or take 20 %. A buyer at position p of a queue
/// that moves by r a second so polls 10 r / p times a second, at most 10 and at least 1/30; the sum over the queue
/// grows with the logarithm of its length only.
public enum PollRate {
    public static let shortest = 0.1  // seconds between two polls
    public static let longest = 30.0
    public static let processing = 0.25  // while an order is being placed

    /// - Parameters:
    ///   - waiting: purchases in the queue.
    ///   - perSecond: purchases that are taken from it a second; above 0.
    public static func moving(waiting: Double, perSecond: Double) -> Double {
        let tenth = perSecond * 10
        let near = min(waiting, tenth * shortest)
        let middle = min(waiting, tenth * longest)
        var polls = near / shortest
        if middle > near { polls += tenth * log(middle / near) }
        if waiting > middle { polls += (waiting - middle) / longest }
        return polls
    }

    /// The same while an item is paused or its drain rate is not known: 0.1 s, and 1 ms more for each place up to 1 s.
    public static func stalled(waiting: Double) -> Double {
        let near = min(waiting, 900)
        return 1_000 * log((100 + near) / 100) + (waiting - near)
    }
}
