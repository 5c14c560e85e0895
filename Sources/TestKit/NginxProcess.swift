import Base
import Glibc

/// A private nginx before a public listener, set up as docs/push.md says. It ends with this object.
public final class NginxProcess {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let http: Endpoint
    private let folder: TemporaryDirectory
    private var processID: Int32 = -1

    /// - Parameters:
    ///   - cutsAfter: the longest silence of the server behind that it bears, in whole seconds.
    ///   - buffers: whether it keeps answers back until a buffer is full, which answers may forbid.
    public init(before server: Endpoint, cutsAfter seconds: Int, buffers: Bool = false) throws {
        let places = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].map { $0 + "/nginx" }
        guard let program = places.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw Failure(description: "nginx is not installed: run \"make test\", or scripts/setup.sh nginx")
        }
        (http, folder) = (Endpoint(port: freePort()), try TemporaryDirectory())
        let settings = """
            daemon off;
            master_process off;
            pid \(folder.path)/pid;
            error_log \(folder.path)/error.log;
            events { worker_connections 1024; }
            http {
                access_log off;
                client_body_temp_path \(folder.path)/body;
                proxy_temp_path \(folder.path)/proxy;
                server {
                    listen \(http.authority);
                    location / {
                        proxy_pass http://\(server.authority);
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_buffering \(buffers ? "on" : "off");
                        proxy_read_timeout \(seconds)s;
                    }
                }
            }

            """
        let path = try folder.write(settings, to: "nginx.conf")
        let output = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
        processID = SpawnThread.spawn([program, "-p", folder.path, "-c", path], output: output)
        close(output)
        let deadline = Deadline(within: .seconds(20))
        while (try? Socket(http, by: Deadline(within: .seconds(1)))) == nil {
            guard !deadline.isPast else { throw Failure(description: "nginx did not listen in time") }
            poll(nil, 0, 10)
        }
    }

    deinit {
        guard processID > 0 else { return }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
    }
}
