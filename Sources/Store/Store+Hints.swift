import RedisClient

// What is written or published for others without a caller that waits for the reply. Each is written again later, or
// another read makes up for it. A refusal is reported as every one is (`StoreHealth`), and a lost connection too.
extension Store {
    func hint(_ words: [String]) {
        connection.send(words) { _ in }  // unheard: a hint, see above
    }

    /// The same for what must be written while the store is full, too.
    func noteHint(_ words: [String]) {
        note(words) { _ in }  // unheard: a hint, see above
    }

    /// Writes a key that belongs to no item, also while the store is full: what ends or finds work must not be refused.
    ///
    /// - Parameter words: SADD, HSET or SET, the key, and the further arguments.
    func note(_ words: [String], _ completion: @escaping StoreCompletion<Void>) {
        precondition(words.count >= 3)
        connection.evaluate(
            Scripts.note, keyCount: 1, argumentCount: words.count,
            build: { writer in
                writer.argument(words[1])
                writer.argument(words[0])
                for word in words.dropFirst(2) { writer.argument(word) }
            },
            completion: interpret(completion) { $0.status == DoneCode.done.rawValue ? () : nil })
    }
}
