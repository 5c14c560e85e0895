import Base
import CLinux
import Glibc
import Operations
import RedisClient

/// `sluice doctor`: gathers the facts and prints what the checks make of them.
struct Doctor {
    private let invocation: Invocation
    private let environment: [String: String]
    private let transport: any Transport
    private let console: Console

    init(
        _ invocation: Invocation, environment: [String: String], transport: any Transport, console: Console
    ) {
        self.invocation = invocation
        self.environment = environment
        self.transport = transport
        self.console = console
    }

    func run() throws(Failure) -> ExitCode {
        let all = try redisFindings() + engineFindings() + MachineChecks.findings(machineFacts())
        // The cause comes first.
        let findings = all.filter { $0.verdict == .fail } + all.filter { $0.verdict != .fail }
        if invocation.has("json") {
            console.print(JSONValue.object(["findings": .array(findings.map(\.json))]).text)
        } else {
            console.print(findings.map(\.line))
        }
        return findings.contains { $0.verdict == .fail } ? .problemFound : .done
    }

    private var dataFolder: String { invocation[KnownOptions.data] }

    private func redisFindings() throws(Failure) -> [Finding] {
        let endpoint: RedisEndpoint
        if let named = invocation.given(KnownOptions.redisURL).flatMap({ try? RedisEndpoint(url: $0) }) {
            endpoint = named
        } else {
            guard unsafe access("\(dataFolder)/redis", F_OK) == 0 else {
                return [noRedis("there is no store in \(dataFolder)")]
            }
            let path = try SocketPath.reachable(folder: "\(dataFolder)/redis", name: "redis.sock")
            endpoint = RedisEndpoint(address: .unix(path: path))
        }
        do throws(BlockingRedis.Failure) {
            let facts = try Self.facts(BlockingRedis(endpoint, patience: .seconds(2)))
            return RedisChecks.findings(facts, durability: invocation[KnownOptions.durability].rawValue)
        } catch {
            return [noRedis("\(error)")]
        }
    }

    /// What is wrong by the running engine's own judgement; nothing where none is named and none runs from the folder.
    private func engineFindings() -> [Finding] {
        let finder = ServerFinder(invocation, environment: environment)
        guard finder.namesServer else { return [] }
        do throws(Failure) {
            let server = Server(address: try finder.adminURL(), token: try finder.token(), transport: transport)
            return EngineChecks.findings(try server.call(server.request("GET", "/admin/v1/health")))
        } catch {
            return [EngineChecks.unknown(error)]
        }
    }

    private func noRedis(_ detail: String) -> Finding {
        Finding(
            "redis", .fail, detail,
            remedy: "start sluice up, or name the data folder (--data) or the Redis (--redis-url)")
    }

    static func facts(_ redis: BlockingRedis) throws(BlockingRedis.Failure) -> RedisFacts {
        var facts = RedisFacts()
        let info = try redis.call(["INFO"]).text ?? ""
        for line in info.split(whereSeparator: \.isNewline) {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            switch pair[0] {
            case "redis_version": facts.version = String(pair[1])
            case "redis_mode": facts.mode = String(pair[1])
            case "role": facts.role = String(pair[1])
            case "aof_last_write_status": facts.lastWriteStatus = String(pair[1])
            case "aof_last_bgrewrite_status": facts.lastRewriteStatus = String(pair[1])
            case "rdb_last_bgsave_status": facts.lastSnapshotStatus = String(pair[1])
            case "aof_delayed_fsync": facts.delayedSyncs = Int64(pair[1])
            default: break
            }
        }
        for name in ["appendonly", "appendfsync", "maxmemory-policy"] {
            guard case .array(let pair) = try redis.call(["CONFIG", "GET", name]), pair.count == 2 else { continue }
            facts.settings[name] = pair[1].text
        }
        let before = clinux_wall_ns()
        guard case .array(let time) = try redis.call(["TIME"]), time.count == 2,
            let seconds = time[0].text.flatMap({ Int64($0) }), let micros = time[1].text.flatMap({ Int64($0) })
        else { return facts }
        // The answer was made at some moment between question and reply: the middle is the best guess.
        let middle = before / 2 + clinux_wall_ns() / 2
        facts.clockSkewMilliseconds = seconds * 1_000 + micros / 1_000 - middle / 1_000_000
        facts.nodeSkews = nodeSkews(try redis.call(["HGETALL", "sluice:{ctl}:nodes"]), now: seconds * 1_000)
        return facts
    }

    /// How far the clock of each process is ahead of Redis', as the list of nodes has it, of those that live.
    private static func nodeSkews(_ reply: RedisValue, now: Int64) -> [RedisFacts.NodeSkew] {
        guard case .array(let values) = reply else { return [] }
        return stride(from: 1, to: values.count, by: 2).compactMap { index in
            // run id, Redis' time when it was written, JSON
            let parts = (values[index].text ?? "").split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let writtenAt = Int64(parts[1]), abs(now - writtenAt) < 6_000,
                let json = JSONValue(parsing: Array(parts[2].utf8)), let skew = json["clock_skew_ms"]?.integer
            else { return nil }
            return RedisFacts.NodeSkew(node: values[index - 1].text ?? "?", milliseconds: skew)
        }.sorted { $0.node < $1.node }
    }

    private func machineFacts() -> MachineFacts {
        var facts = MachineFacts()
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            facts.softFileLimit = UInt64(limit.rlim_cur)
            facts.hardFileLimit = UInt64(limit.rlim_max)
        }
        facts.hugePages = readLine(of: "/sys/kernel/mm/transparent_hugepage/enabled")
        facts.overcommit = readLine(of: "/proc/sys/vm/overcommit_memory")
        var volume = statvfs()
        if unsafe statvfs(dataFolder, &volume) == 0 {
            facts.freeBytes = UInt64(volume.f_bavail) * UInt64(volume.f_frsize)
        }
        let token = invocationFile("SLUICE_ADMIN_TOKEN_FILE") ?? "\(dataFolder)/admin-token"
        let key = invocationFile("SLUICE_TICKET_KEY_FILE") ?? "\(dataFolder)/ticket-key"
        for path in [token, key] {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { continue }
            facts.secrets.append(
                MachineFacts.SecretFile(
                    path: path, mode: status.st_mode & 0o777, isReadable: unsafe access(path, R_OK) == 0))
        }
        return facts
    }

    private func invocationFile(_ variable: String) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
}
