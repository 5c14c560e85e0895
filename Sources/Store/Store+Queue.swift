public import Domain
import RedisClient

extension CommandWriter {
    mutating func reference(_ store: Store, _ item: ItemReference) {
        argument(store.runID)
        argument(item.incarnation)
    }
}

// The calls of a queue process.
extension Store {
    /// Takes a batch into the queue; idempotent by user and key. `first` is the sequence that the batch will probably
    /// begin at: right where no other loop admits to this item, and a matter of speed alone where it is wrong. A batch
    /// of 100 costs Redis a third more with a wrong one, a quarter more with none.
    public func admit(
        _ batch: borrowing AdmissionBatch, into item: ItemReference, expecting first: Int64? = nil,
        completion: @escaping StoreCompletion<AdmissionReply>
    ) {
        send(batch, to: Scripts.admit, item, expecting: first, completion: completion)
    }

    /// Finds the replays in a batch that `admit` was refused for; `admission(at:)` is nil for the others.
    public func replay(
        _ batch: borrowing AdmissionBatch, of item: ItemReference, completion: @escaping StoreCompletion<AdmissionReply>
    ) {
        send(batch, to: Scripts.replay, item, expecting: nil, completion: completion)
    }

    private func send(
        _ batch: borrowing AdmissionBatch, to script: RedisScript, _ item: ItemReference, expecting first: Int64?,
        completion: @escaping StoreCompletion<AdmissionReply>
    ) {
        let keys = item.keys
        let count = batch.count
        connection.evaluate(
            script, keyCount: 4, argumentCount: 6 + AdmissionBatch.argumentCount,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.queue)
                writer.argument(keys.users)
                writer.argument(keys.holders)
                writer.reference(self, item)
                batch.write(to: &writer, expecting: first)
            },
            completion: interpret(completion) { AdmissionReply($0, count: count) })
    }

    /// A buyer leaves the queue, or gives back what is reserved; idempotent.
    public func cancel(
        sequence: Int64, of item: ItemReference, completion: @escaping StoreCompletion<Cancellation>
    ) {
        connection.evaluate(
            Scripts.cancel, keyCount: 6, argumentCount: 9,
            build: { writer in
                writer.argument(item.keys.meta)
                writer.argument(item.keys.firstResults)
                writer.argument(item.keys.ledger)
                writer.holds(of: item.keys)
                writer.reference(self, item)
                writer.argument(sequence)
            },
            completion: interpret(completion) { Cancellation(rawValue: $0.status) })
    }

    /// One block of results, of the size and index that `ResultBlocks` uses; shorter where nothing was written.
    public func results(
        block: Int, of item: ItemReference, completion: @escaping StoreCompletion<[UInt8]>
    ) {
        let perSegment = ResultSegment.length / Limits.resultBlock
        let from = block % perSegment * Limits.resultBlock
        range(item.keys.results(segment: block / perSegment), from: from, count: Limits.resultBlock, completion)
    }

    /// The holders behind the first `skip` purchases, in one slice of at most `Limits.holdersSlice` bytes.
    public func holders(
        of item: ItemReference, skip: Int, completion: @escaping StoreCompletion<[UInt8]>
    ) {
        range(item.keys.holders, from: HolderLayout.length * skip, count: Limits.holdersSlice, completion)
    }

    private func range(_ key: [UInt8], from: Int, count: Int, _ completion: @escaping StoreCompletion<[UInt8]>) {
        connection.send(
            { writer in
                writer.command(argumentCount: 4)
                writer.argument("GETRANGE")
                writer.argument(key)
                writer.argument(from)
                writer.argument(from + count - 1)
            },
            completion: { [unowned self] result in
                switch result {
                case .success(.bytes(let bytes)): completion(.success(bytes))
                case .success: completion(.failure(.unexpectedReply))
                case .failure(let failure): completion(.failure(health.readFailed(failure)))
                }
            })
    }

    /// Notes that an item may have purchases waiting, before its first purchase is admitted. A full store refuses this
    /// as it refuses the purchase.
    public func markReady(_ item: ItemName) {
        hint(["SADD", ControlKeys.ready, item.description])
    }
}
