import Glibc

/// The files of one folder, read whole at the start of a program: bounded, and none from elsewhere.
public enum FolderFiles {
    public struct Bounds: Sendable {
        public let files: Int
        public let fileBytes: Int
        public let bytes: Int  // of all

        public init(files: Int, fileBytes: Int, bytes: Int) {
            (self.files, self.fileBytes, self.bytes) = (files, fileBytes, bytes)
        }
    }

    /// Why a folder is not taken.
    public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String

        public init(_ description: String) { self.description = description }
    }

    /// Reads all files but hidden ones, in the order of their names. A link is followed where it stays in the folder,
    /// as those of mounted settings do.
    public static func read(_ folder: String, _ bounds: Bounds) throws(Refusal) -> [(name: String, bytes: [UInt8])] {
        let root = try resolve(folder)
        var files: [(name: String, bytes: [UInt8])] = []
        var total = 0
        for name in try names(in: root) {
            guard files.count < bounds.files else { throw Refusal("has more than \(bounds.files) files") }
            let path = try resolve("\(root)/\(name)")
            guard path.hasPrefix(root == "/" ? "/" : root + "/") else {
                throw Refusal("\(quoted(name)) is a link that leads out of the folder")
            }
            let bytes = try readFile(name, at: path, limit: bounds.fileBytes)
            total += bytes.count
            guard total <= bounds.bytes else { throw Refusal("has more than \(bounds.bytes) bytes") }
            files.append((name, bytes))
        }
        return files
    }

    private static func names(in folder: String) throws(Refusal) -> [String] {
        guard let directory = unsafe opendir(folder) else { throw Refusal(systemError()) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func readFile(_ name: String, at path: String, limit: Int) throws(Refusal) -> [UInt8] {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { throw Refusal("\(quoted(name)): \(systemError())") }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw Refusal("\(quoted(name)) is no file; folders below it are not served")
        }
        switch FileDescriptor.readFile(path, limit: limit) {
        case .content(let bytes): return bytes
        case .tooLarge: throw Refusal("\(quoted(name)) is larger than \(limit) bytes")
        case .failure(let reason): throw Refusal("\(quoted(name)): \(reason)")
        }
    }

    /// The path without links.
    private static func resolve(_ path: String) throws(Refusal) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw Refusal("\(quoted(path)): \(systemError())") }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func systemError() -> String { unsafe String(cString: strerror(errno)) }
}
