import Base
import Domain
import HTTPServer
public import Operations

/// One file of the buyer's page, as it is sent.
struct PageFile: Sendable {
    let type: StaticString
    let bytes: [UInt8]
    /// A strong entity tag, in quotes.
    let tag: [UInt8]
    /// What a page has behind the name of the file, so that a browser may keep it: `?v=` and this.
    let version: String

    init(type: StaticString, bytes: [UInt8]) {
        (self.type, self.bytes) = (type, bytes)
        version = String(bytes.span.fnv1a, radix: 36)
        tag = Array("\"\(version)\"".utf8)
    }
}

/// The files of the buyer's page: those in this program, or those of a folder. A value for all loops.
public struct PageFiles: Sendable {
    private let files: [String: PageFile]

    /// The page that is in this program.
    public static let builtIn = PageFiles(valid: [
        ("index.html", PackageResources.index_html), ("buy.html", PackageResources.buy_html),
        ("page.css", PackageResources.page_css), ("page.js", PackageResources.page_js),
        ("words.js", PackageResources.words_js), ("qr.js", PackageResources.qr_js),
        ("icon.svg", PackageResources.icon_svg),
    ])

    /// The files of a folder, which must have an `index.html`.
    public init(folder: String) throws(FolderFiles.Refusal) {
        let bounds = FolderFiles.Bounds(
            files: Limits.pageFiles, fileBytes: Limits.pageFileBytes, bytes: Limits.pageFolderBytes)
        let found = try FolderFiles.read(folder, bounds)
        for (name, _) in found {
            guard Self.type(of: name) != nil, Self.isPlain(name) else {
                throw FolderFiles.Refusal(
                    "\(name) has no name and ending that are served: letters, digits, - _ . and"
                        + " html css js json svg png jpg webp gif ico txt webmanifest")
            }
        }
        guard found.contains(where: { $0.name == "index.html" }) else {
            throw FolderFiles.Refusal("has no index.html")
        }
        self.init(valid: found)
    }

    /// - Parameter found: files whose names have a known ending.
    private init(valid found: [(name: String, bytes: [UInt8])]) {
        var files: [String: PageFile] = [:]
        for (name, bytes) in found where !name.hasSuffix(".html") {
            if let type = Self.type(of: name) { files[name] = PageFile(type: type, bytes: bytes) }
        }
        for (name, bytes) in found where name.hasSuffix(".html") {
            let text = Self.withVersions(String(utf8: bytes.span), of: files)
            files[name] = PageFile(type: "text/html; charset=utf-8", bytes: Array(text.utf8))
        }
        self.files = files
    }

    /// The page with the version of each file behind its name, where it is named as a whole: `"/page/page.js"`.
    private static func withVersions(_ page: String, of files: [String: PageFile]) -> String {
        files.sorted { $0.key < $1.key }.reduce(page) { page, file in
            page.replacing("\"/page/\(file.key)\"", with: "\"/page/\(file.key)?v=\(file.value.version)\"")
        }
    }

    subscript(name: Span<UInt8>) -> PageFile? { files[String(utf8: name)] }

    /// What `/` shows.
    var start: PageFile? { files["index.html"] }

    /// What `/buy/ITEM` shows.
    var item: PageFile? { files["buy.html"] ?? files["index.html"] }

    /// Where the style sheet is that pages without JavaScript use.
    var styleSheet: String? { files["page.css"].map { "/page/page.css?v=\($0.version)" } }

    /// All names and sizes, in order.
    var sizes: [(name: String, bytes: Int)] {
        files.sorted { $0.key < $1.key }.map { ($0.key, $0.value.bytes.count) }
    }

    private static func isPlain(_ name: String) -> Bool {
        name.utf8.count <= 100 && name.contains(".")
            && ItemName(String(name.filter { $0 != "." }.prefix(Limits.itemNameLength))) != nil
    }

    private static func type(of name: String) -> StaticString? {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "json": "application/json"
        case "webmanifest": "application/manifest+json"
        case "txt": "text/plain; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "gif": "image/gif"
        case "ico": "image/x-icon"
        default: nil
        }
    }
}
