/// A call of a script, kept until its reply: a store that has forgotten the script gets the call once more.
struct Evaluation {
    let script: RedisScript
    let argumentCount: Int  // those in `arguments`: the number of keys, the keys, the others
    var arguments: [UInt8]  // encoded
}

/// The scripts of a connection, the names that the store has for them, and memory for the arguments of their calls.
struct LoadedScripts {
    private static let mostSpareBuffers = 16
    private static let mostSpareBytes = 64 * 1024  // of one buffer

    private let scripts: [RedisScript]
    private let constants: [UInt8]
    private var hashes: [[UInt8]] = []  // of `scripts`, in their order; empty before they were loaded
    private var spareBuffers: [[UInt8]] = []

    /// - Parameter constants: Lua of one line that is put in front of each script.
    init(_ scripts: [RedisScript], constants: String) {
        self.scripts = scripts
        self.constants = constants.isEmpty ? [] : Array(constants.utf8) + [UInt8(ascii: "\n")]
    }

    /// What the store is to load.
    var sources: [[UInt8]] { scripts.map(source) }

    func source(of script: RedisScript) -> [UInt8] { script.source(with: constants) }

    mutating func loaded(as hashes: [[UInt8]]) {
        precondition(hashes.count == scripts.count, "a script without a name")
        self.hashes = hashes
    }

    func hash(of script: RedisScript) -> [UInt8] {
        guard let index = scripts.firstIndex(where: { $0 === script }) else {
            preconditionFailure("the script \(script.name) is not among those of the connection")
        }
        return hashes[index]
    }

    mutating func takeBuffer() -> [UInt8] { spareBuffers.popLast() ?? [] }

    mutating func giveBack(_ buffer: consuming [UInt8]) {
        guard spareBuffers.count < Self.mostSpareBuffers, buffer.capacity <= Self.mostSpareBytes else { return }
        buffer.removeAll(keepingCapacity: true)
        spareBuffers.append(buffer)
    }
}
