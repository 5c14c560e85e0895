import Glibc

/// Removes temporary directories of tests.
public enum DirectoryRemoval {
    /// Removes `path` and all below it; follows no links. What cannot be removed stays.
    public static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        if let directory = unsafe opendir(path) {
            for name in unsafe names(in: directory) { remove(path + "/" + name) }
            unsafe closedir(directory)
        }
        unsafe rmdir(path)
    }

    static func names(in directory: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
