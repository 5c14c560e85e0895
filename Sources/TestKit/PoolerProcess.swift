import Base
import Glibc

/// A private pgbouncer in transaction mode before a PostgreSQL server, with one server connection that all its clients
/// share. It ends with this object.
public final class PoolerProcess {
    private let directory: String
    private let login: String
    private var processID: Int32 = -1

    /// - Parameter login: as whom every client works.
    public init(before server: PostgresServerProcess, login: String) throws(PostgresServerProcess.Failure) {
        typealias Failure = PostgresServerProcess.Failure
        let places = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].map { $0 + "/pgbouncer" }
        guard let program = places.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw Failure(description: "pgbouncer is not installed: run \"make test\", or scripts/setup.sh pgbouncer")
        }
        directory = server.directory + "/pooler-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
        self.login = login
        let settings = """
            [databases]
            postgres = host=\(server.directory) dbname=postgres user=\(login)
            [pgbouncer]
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(directory)
            auth_type = any
            pool_mode = transaction
            default_pool_size = 1

            """
        let script = "mkdir \"$1\" && printf %s \"$2\" > \"$1/pooler.ini\""
        let made = PostgresServerProcess.run(
            PostgresServerProcess.asServer(["sh", "-c", script, "sh", directory, settings]))
        guard made.code == 0 else { throw Failure(description: "the pooler's folder: \(made.output)") }
        let output = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
        processID = SpawnThread.spawn(
            PostgresServerProcess.asServer([program, "-q", directory + "/pooler.ini"]), output: output)
        close(output)
        let deadline = Deadline(within: .seconds(20))
        while (try? server.sql("SELECT 1", in: url)) != "1" {
            guard !deadline.isPast else { throw Failure(description: "pgbouncer did not answer in time") }
            poll(nil, 0, 10)
        }
    }

    deinit {
        guard processID > 0 else { return }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
    }

    public var url: String { "postgresql://\(login)@/postgres?host=\(directory)&port=6432" }
}
