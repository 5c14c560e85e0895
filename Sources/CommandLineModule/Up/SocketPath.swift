import Glibc

/// A path by which this process and its children can connect to a unix socket, however long its folder's name is.
///
/// The kernel takes 107 bytes. A longer path, or one with characters that mean something in a URL, goes through a
/// descriptor of the folder, which children inherit.
public enum SocketPath {
    public static let bytesAtMost = 107

    public static func reachable(folder: String, name: String) throws(Failure) -> String {
        let path = "\(folder)/\(name)"
        let isPlain = path.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"%?#@\"\\".utf8.contains($0) }
        if isPlain, path.utf8.count <= bytesAtMost { return path }
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw fileFailure(folder) }
        return "/proc/self/fd/\(descriptor)/\(name)"
    }
}
