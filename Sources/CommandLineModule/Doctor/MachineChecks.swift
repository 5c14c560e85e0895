/// What is known of this machine; nil where it does not show it.
public struct MachineFacts: Equatable, Sendable {
    public struct SecretFile: Equatable, Sendable {
        public let path: String
        /// The permission bits.
        public let mode: UInt32
        /// Whether the user who runs this can read it.
        public let isReadable: Bool

        public init(path: String, mode: UInt32, isReadable: Bool) {
            self.path = path
            self.mode = mode
            self.isReadable = isReadable
        }
    }

    public var softFileLimit: UInt64 = 0
    public var hardFileLimit: UInt64 = 0
    public var hugePages: String?
    public var overcommit: String?
    public var freeBytes: UInt64?
    public var secrets: [SecretFile] = []

    public init() {}
}

/// Judges the machine that the engine runs on. Pure.
public enum MachineChecks {
    public static let filesAtLeast: UInt64 = 10_000
    private static let mebibyte: UInt64 = 1 << 20

    public static func findings(_ facts: MachineFacts) -> [Finding] {
        var findings = [files(facts)]
        if let free = facts.freeBytes { findings.append(disk(free)) }
        if facts.hugePages?.contains("[always]") == true {
            findings.append(
                Finding(
                    "huge pages", .warn, "transparent huge pages are always on: forks of Redis copy 2 MiB at a time",
                    remedy: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"))
        }
        if let overcommit = facts.overcommit, overcommit != "1" {
            findings.append(
                Finding(
                    "overcommit", .warn,
                    "vm.overcommit_memory is \(overcommit): a rewrite of a large store may be refused",
                    remedy: "sysctl vm.overcommit_memory=1"))
        }
        return findings + facts.secrets.map(secret)
    }

    /// Our processes raise their soft limit to the hard one, so the hard one counts.
    private static func files(_ facts: MachineFacts) -> Finding {
        let found = "\(facts.softFileLimit) open files, up to \(facts.hardFileLimit)"
        return facts.hardFileLimit >= filesAtLeast
            ? Finding("files", .ok, found)
            : Finding(
                "files", .fail, found, remedy: "allow \(filesAtLeast) or more: ulimit -n, or LimitNOFILE= of the unit")
    }

    private static func disk(_ free: UInt64) -> Finding {
        let found = "\(free / mebibyte) MiB free in the data folder"
        if free < 256 * mebibyte {
            return Finding("disk", .fail, found, remedy: "a full disk stops all selling: free some")
        }
        return Finding("disk", free < 2_048 * mebibyte ? .warn : .ok, found)
    }

    private static func secret(_ file: MachineFacts.SecretFile) -> Finding {
        if file.mode & 0o077 != 0 {
            return Finding(
                "secrets", .fail, "\(file.path) can be read by others (\(String(file.mode, radix: 8)))",
                remedy: "chmod 600 \(file.path); make a new one if others use this machine")
        }
        return file.isReadable
            ? Finding("secrets", .ok, "\(file.path) is private")
            : Finding(
                "secrets", .warn, "\(file.path) cannot be read by you", remedy: "run this as the user who runs sluice")
    }
}
