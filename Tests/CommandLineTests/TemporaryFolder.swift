import Glibc

/// A fresh folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/sluice-cli-XXXXXX".utf8CString)
        precondition(unsafe mkdtemp(&template) != nil, "no temporary folder")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let folder = unsafe opendir(path) else { return }
        var children: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { children.append("\(path)/\(name)") }
        }
        unsafe closedir(folder)
        for child in children where unsafe unlink(child) != 0 { remove(child) }
        unsafe rmdir(path)
    }
}
