public import Base
public import Domain
import RedisClient

// The counters of items over time.
extension Store {
    /// What became of a point that a leader had added.
    public enum Sampling: Sendable, Equatable {
        /// - Parameter isWritten: false where nothing has changed since the last point.
        case done(incarnation: UInt64, version: Int64, waiting: Int64, storeTime: WallInstant, isWritten: Bool)
        /// A later term has written: nothing was.
        case outdated
    }

    /// Adds a point to an item's series: what its counters are now. Idempotent.
    public func sample(_ item: ItemReference, term: Int64, completion: @escaping StoreCompletion<Sampling>) {
        let keys = item.keys
        connection.evaluate(
            Scripts.sample, keyCount: 3, argumentCount: 6,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.seconds)
                writer.argument(keys.minutes)
                writer.reference(self, item)
                writer.argument(term)
            },
            completion: interpret(completion) { reply in
                switch SampleCode(rawValue: reply.status) {
                case .done:
                    guard let incarnation = reply.incarnation(1), let version = reply.integer(2),
                        let waiting = reply.integer(3), let time = reply.integer(4), let written = reply.integer(5)
                    else { return nil }
                    return .done(
                        incarnation: incarnation, version: version, waiting: waiting,
                        storeTime: WallInstant(milliseconds: time), isWritten: written == 1)
                case .outdated: return .outdated
                case nil: return nil
                }
            })
    }

    /// A part of an item's series, as one call reads it.
    public struct SeriesPage: Sendable, Equatable {
        public var incarnation: UInt64
        /// The last point before; nil where the item has no series.
        public var before: SeriesPoint?
        public var points: [SeriesPoint]  // oldest first
        /// The call ended for its limit.
        public var isMoreLeft: Bool
    }

    /// Reads the points of an item's series whose steps began in `seconds` (since 1970), up to `Limits.seriesRead`.
    ///
    /// - Parameter incarnation: that is meant; nil: any.
    public func series(
        of keys: ItemKeys, incarnation: UInt64?, _ step: SeriesStep, in seconds: ClosedRange<Int64>,
        completion: @escaping StoreCompletion<SeriesPage>
    ) {
        connection.evaluate(
            Scripts.series, keyCount: 2, argumentCount: 6,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.series(step))
                writer.argument(incarnation.map(ItemIncarnation.text) ?? "")
                writer.argument(seconds.lowerBound)
                writer.argument(seconds.upperBound)
                writer.argument(Limits.seriesRead)
            },
            completion: interpretRead(completion) { reply in
                guard let incarnation = reply.incarnation(1), let before = reply.bytes(2).flatMap(SeriesPoint.all),
                    let points = reply.bytes(3).flatMap(SeriesPoint.all), before.count <= 1,
                    let more = reply.integer(4)
                else { return nil }
                return SeriesPage(
                    incarnation: incarnation, before: before.first, points: points, isMoreLeft: more == 1)
            })
    }
}

extension SeriesPoint {
    /// From packed points; nil where they do not add up.
    fileprivate static func all(in bytes: [UInt8]) -> [SeriesPoint]? {
        guard bytes.count % SeriesLayout.length == 0 else { return nil }
        return stride(from: 0, to: bytes.count, by: SeriesLayout.length).map { start in
            func number(_ index: Int) -> Int64 {
                (0..<4).reduce(0) { $0 << 8 | Int64(bytes[start + 4 * index + $1]) }
            }
            return SeriesPoint(
                second: number(0), arrived: number(1), waiting: number(2), mostWaiting: number(3), sold: number(4),
                held: number(5), free: number(6))
        }
    }
}
