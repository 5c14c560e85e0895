public import Base
public import Domain
import RedisClient

// The end of items: their archives, and their deletion.
extension Store {
    public enum ArchiveOutcome: Sendable, Equatable {
        case noted
        /// Refused: the item has changed since.
        case outdated
    }

    /// Notes that an item's books were archived as they are at this version; idempotent.
    ///
    /// - Parameter text: about the archive, for operators.
    public func noteArchive(
        of item: ItemReference, version: Int64, _ text: String, completion: @escaping StoreCompletion<ArchiveOutcome>
    ) {
        connection.evaluate(
            Scripts.archive, keyCount: 1, argumentCount: 5,
            build: { writer in
                writer.argument(item.keys.meta)
                writer.reference(self, item)
                writer.argument(version)
                writer.argument(text)
            },
            completion: interpret(completion) { reply in
                switch ArchiveCode(rawValue: reply.status) {
                case .noted: .noted
                case .outdated: .outdated
                case nil: nil
                }
            })
    }

    public enum Deletion: Sendable, Equatable {
        case deleted
        /// Refused: it is not closed, or purchases wait, or units are held.
        case notEnded(ItemCounters)
        /// Refused: no archive of what it is now was noted.
        case notArchived(ItemCounters)
        /// Refused: it was archived later than that.
        case notYet
    }

    /// Deletes an item of a known incarnation, slice by slice, and takes its name off the lists. Where it was
    /// interrupted it goes on with the next call.
    ///
    /// - Parameters:
    ///   - isForced: whatever is in it.
    ///   - age: only where it was archived so long ago.
    public func delete(
        _ item: ItemReference, isForced: Bool, archivedFor age: TimeSpan = .zero,
        completion: @escaping StoreCompletion<Deletion>
    ) {
        precondition(!item.incarnation.isEmpty, "the next slice might be another item's")
        let keys = item.keys
        let all = keys.plain + [keys.past, keys.workers, keys.deleted]
        connection.evaluate(
            Scripts.delete, keyCount: all.count, argumentCount: all.count + 5,
            build: { writer in
                for key in all { writer.argument(key) }
                writer.reference(self, item)
                writer.argument(isForced ? 1 : 0)
                writer.argument(Limits.deletionMemory.wholeMilliseconds)
                writer.argument(age.wholeMilliseconds)
            },
            completion: { [self] result in
                let step: StoreCompletion<DeletionStep> = { [self] step in
                    switch step {
                    case .failure(let failure): completion(.failure(failure))
                    case .success(.goesOn):
                        delete(item, isForced: isForced, archivedFor: age, completion: completion)
                    case .success(.ended(.deleted)): unlist(keys) { completion($0.map { .deleted }) }
                    case .success(.ended(let refusal)): completion(.success(refusal))
                    }
                }
                interpret(step) { DeletionStep($0) }(result)
            })
    }

    private enum DeletionStep {
        case goesOn
        case ended(Deletion)

        init?(_ reply: ScriptReply) {
            guard let counters = reply.counters else { return nil }
            switch DeleteCode(rawValue: reply.status) {
            case .done: self = .ended(.deleted)
            case .goesOn: self = .goesOn
            case .notEnded: self = .ended(.notEnded(counters))
            case .notArchived: self = .ended(.notArchived(counters))
            case .notYet: self = .ended(.notYet)
            case nil: return nil
            }
        }
    }

    /// Takes the name of a deleted item off the lists; idempotent. Puts it back where an item of that name was made
    /// meanwhile: one that is on no list would not be reopened after a restart.
    public func unlist(_ keys: ItemKeys, completion: @escaping StoreCompletion<Void>) {
        let name = keys.name.description
        for list in [ControlKeys.ready, ControlKeys.doubts] { hint(["SREM", list, name]) }
        hint(["HDEL", ControlKeys.feedAt, name])
        command(
            ["SREM", ControlKeys.items, name],
            { [self] (result: Result<Int64, StoreFailure>) in
                if case .failure(let failure) = result { return completion(.failure(failure)) }
                inspect(keys) { [self] result in
                    switch result {
                    case .failure(.unknownItem): completion(.success(()))
                    case .failure(let failure): completion(.failure(failure))
                    case .success:
                        command(["SADD", ControlKeys.items, name], completion) { $0.integer == nil ? nil : () }
                    }
                }
            }, \.integer)
    }

    /// Whether an item of this name was deleted, and none was made since.
    public func wasDeleted(_ keys: ItemKeys, completion: @escaping StoreCompletion<Bool>) {
        command(["EXISTS", String(decoding: keys.deleted, as: UTF8.self)], completion) { $0.integer.map { $0 == 1 } }
    }
}
