import RedisClient

// What the store can be relied on for, by its own settings.
extension Store {
    public enum PromiseCheck: Sendable, Equatable {
        case kept
        /// The process can go on, but an operator should know.
        case warning(String)
        /// The process must not go on with this store.
        case broken(String)

        public var problem: String? { if case .broken(let text) = self { text } else { nil } }
        public var warning: String? { if case .warning(let text) = self { text } else { nil } }
    }

    /// Checks whether the store can keep what a `202` promises.
    ///
    /// - Parameter isStrict: whether an accepted purchase must survive a power loss (`--durability safe`).
    public func checkPromise(isStrict: Bool, completion: @escaping (PromiseCheck) -> Void) {
        command(
            ["INFO"],
            { [unowned self] (result: Result<[UInt8], StoreFailure>) in
                guard case .success(let bytes) = result else {
                    return completion(.warning("the store does not say what it keeps"))
                }
                let fields = RedisInfo.fields(of: bytes)
                let policy = fields["maxmemory_policy"] ?? "noeviction"
                guard policy == "noeviction" else {
                    let cure = "set maxmemory-policy noeviction"
                    return completion(.broken("the store throws keys away when it is full (\(policy)); \(cure)"))
                }
                let hasLog = fields["aof_enabled"] == "1"
                guard isStrict else {
                    let loss = "the store has no append-only file: a restart of it loses the sale; set appendonly yes"
                    return completion(hasLog ? .kept : .warning(loss))
                }
                checkSync(hasLog: hasLog, completion)
            }, \.bytes)
    }

    private func checkSync(hasLog: Bool, _ completion: @escaping (PromiseCheck) -> Void) {
        let demand = "durability safe needs appendonly yes and appendfsync always in the store"
        connection.send(["CONFIG", "GET", "appendfsync"], mayBeRefused: true) { result in
            guard case .success(let value) = result, let pair = value.array, pair.count == 2 else {
                return completion(hasLog ? .warning("the store does not say how it syncs; \(demand)") : .broken(demand))
            }
            let isAlways = pair[1].bytes == Array("always".utf8)
            completion(hasLog && isAlways ? .kept : .broken(demand))
        }
    }
}
