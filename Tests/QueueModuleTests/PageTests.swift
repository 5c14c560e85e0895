import Base
import Domain
import HTTPServer
import Operations
import TestKit
import Testing

@testable import QueueModule

@Test func `the whole page is smaller than 40 KiB`() {
    let sizes = PageFiles.builtIn.sizes
    #expect(
        sizes.map(\.name) == ["buy.html", "icon.svg", "index.html", "page.css", "page.js", "qr.js", "words.js"])
    #expect(sizes.reduce(0) { $0 + $1.bytes } < 40 * 1024, "\(sizes)")
}

@Test func `the page is the same for everybody, may be kept, and may load nothing from elsewhere`() throws {
    let rig = try QueueRig()
    let page = try rig.ask("GET", "/buy/demo")
    #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8")
    #expect(page.header("Cache-Control") == "public, max-age=60" && page.header("Vary") == nil)
    let policy = try #require(page.header("Content-Security-Policy"))
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; ") && !policy.contains("unsafe"))
    #expect(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"))
    #expect(page.header("X-Content-Type-Options") == "nosniff" && page.header("Referrer-Policy") == "same-origin")
    for (target, isSame) in [("/buy/other", true), ("/buy/dem%6f", true), ("/", false)] {
        let other = try rig.ask("GET", target)
        #expect(other.status == 200 && (other.body == page.body) == isSame, "\(target)")
    }
    #expect(!page.text.contains("<script>") && !page.text.contains("http") && !page.text.contains("style="))
}

@Test func `a file of the page is kept for a year under its version, and not sent again`() throws {
    let rig = try QueueRig()
    let page = try rig.ask("GET", "/buy/demo").text
    for name in ["page.js", "words.js", "qr.js", "page.css", "icon.svg"] {
        let start = try #require(page.firstRange(of: "\"/page/\(name)?v="), "\(name) has a version").lowerBound
        let target = String(page[page.index(after: start)...].prefix { $0 != "\"" })
        let file = try rig.ask("GET", target)
        #expect(file.status == 200 && file.header("Cache-Control") == "public, max-age=31536000, immutable")
        let tag = try #require(file.header("ETag"))
        #expect(!tag.hasPrefix("W/"))
        let again = try rig.ask("GET", target, headers: [("If-None-Match", tag)])
        #expect(again.status == 304 && again.body.isEmpty && again.header("ETag") == tag)
        let head = try rig.ask("HEAD", target)
        #expect(head.status == 200 && head.body.isEmpty && head.header("Content-Length") == "\(file.body.count)")
        for other in ["/page/\(name)", "/page/\(name)?v=other"] {
            let reply = try rig.ask("GET", other)
            #expect(reply.header("Cache-Control") == "public, max-age=60" && reply.body == file.body, "\(other)")
        }
    }
}

@Test(arguments: [
    ("GET", "/buy/", 404), ("GET", "/buy/a%20b", 404), ("GET", "/page/none.js", 404), ("GET", "/page/", 404),
    ("GET", "/buy/a.b/ticket/x", 404), ("POST", "/", 405), ("POST", "/page/page.js", 405), ("PUT", "/buy/demo", 405),
    ("DELETE", "/buy/demo/ticket/x", 405), ("POST", "/buy/a.b", 404), ("POST", "/buy/a.b/ticket/x", 404),
])
func `there is no page at other paths and for other methods`(method: String, target: String, status: Int) throws {
    let rig = try QueueRig()
    let reply = try rig.ask(method, target)
    #expect(reply.status == status && reply.code == (status == 404 ? "unknown-route" : "method-not-allowed"))
    #expect(rig.publicServer.parts.responder.wishesKept == 0)
}

@Test func `the form of the first page leads to the item, and nowhere else`() throws {
    let rig = try QueueRig()
    for (query, location) in [
        ("item=demo", "/buy/demo"), ("item=%64emo", "/buy/demo"), ("item=a+b", "/"), ("item=", "/"), ("", "/"),
        ("item=..%2Fx", "/"), ("item=//evil.example", "/"), ("item=a&item=b", "/"),
    ] {
        let reply = try rig.ask("GET", "/buy?\(query)")
        #expect(reply.status == 303 && reply.header("Location") == location, "\(query)")
    }
}

@Test func `a page that is turned off is not there`() throws {
    let rig = try QueueRig(page: nil)
    try rig.put()
    for target in ["/", "/buy", "/buy/demo", "/buy/demo/ticket/x", "/page/page.js"] {
        for method in ["GET", "POST"] {
            let reply = try rig.ask(method, target)
            #expect(reply.status == 404 && reply.code == "unknown-route", "\(method) \(target)")
        }
    }
    #expect(try rig.buy("ann").status == 202)
}

// MARK: A folder

@Test func `a folder replaces the page`() throws {
    let folder = try TemporaryDirectory()
    _ = try folder.write("<link href=\"/page/a.css\"><script src=\"/page/b.js\"></script>", to: "index.html")
    _ = try folder.write("a{}", to: "a.css")
    _ = try folder.write("no", to: ".hidden.html")
    let rig = try QueueRig(page: try PageFiles(folder: folder.path))
    let page = try rig.ask("GET", "/buy/demo")
    #expect(try rig.ask("GET", "/").body == page.body)
    #expect(page.text.contains("\"/page/a.css?v=") && page.text.contains("\"/page/b.js\""))
    #expect(try rig.ask("GET", "/page/a.css").header("Content-Type") == "text/css; charset=utf-8")
    #expect(try rig.ask("GET", "/page/.hidden.html").status == 404 && rig.ask("GET", "/page/page.js").status == 404)
}

@Test(arguments: [
    (["a.css": "a{}"], "has no index.html"), (["index.html": "", "a.exe": ""], "a.exe has no name and ending"),
    (["index.html": "", "a b.css": ""], "a b.css has no name"), (["index.html": "", "css": ""], "css has no name"),
    (["index.html": String(repeating: "x", count: Limits.pageFileBytes + 1)], "is larger than"),
])
func `a folder that can't be served is refused with the reason`(files: [String: String], reason: String) throws {
    let folder = try TemporaryDirectory()
    for (name, text) in files { _ = try folder.write(text, to: name) }
    let refusal = #expect(throws: FolderFiles.Refusal.self) { _ = try PageFiles(folder: folder.path) }
    #expect(refusal?.description.contains(reason) == true, "\(String(describing: refusal))")
    let arguments = [
        "--ticket-key", String(repeating: "ab", count: 32), "--admin-token", String(repeating: "t", count: 32),
    ]
    let surroundings = Surroundings(arguments: arguments + ["--page", folder.path], environment: [:], cores: 1) {
        _, _ in .failure("")
    }
    guard case .refuse(let problems) = QueueConfiguration.schema.load(surroundings) else {
        Issue.record("it is not refused at the start")
        return
    }
    #expect(problems.map(\.subject) == ["--page"] && problems[0].message.contains(reason))
}

@Test func `a file of the page goes out in one piece`() {
    #expect(Limits.pageFileBytes + 4_096 < ServerLimits.publicListener.outputBytes)
    #expect(Limits.pageFiles * Limits.pageFileBytes > Limits.pageFolderBytes, "the sum is a bound of its own")
}
