import Glibc

/// Reads the committed files that tests replay.
public enum FolderReading {
    /// The plain files of `folder` in order of name, each at most 1 MiB; empty when there is no such folder.
    public static func files(in folder: String) -> [(name: String, bytes: [UInt8])] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        return unsafe DirectoryRemoval.names(in: directory).sorted().compactMap { name in
            let descriptor = unsafe open(folder + "/" + name, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = unsafe read(descriptor, &bytes, bytes.count)
            return count < 0 ? nil : (name, Array(bytes.prefix(count)))
        }
    }
}
