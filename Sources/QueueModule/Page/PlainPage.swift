import Base
import Domain
import HTTPServer

/// The page that a browser without JavaScript gets in place of an answer of the API.
struct PlainPage {
    private let words: PlainWords
    private let styleSheet: String?
    private var item = ""
    private var user = ""
    private var ticket = ""

    init(_ request: borrowing Request, _ files: PageFiles) {
        words = PlainWords(request)
        styleSheet = files.styleSheet
    }

    mutating func keep(item: String) { self.item = item }
    mutating func keep(user: String) { self.user = user }
    mutating func keep(ticket: String) { self.ticket = ticket }

    // MARK: From the API's answers

    /// Leads to the page of the ticket that an answer names, or shows why there is none.
    func lead(in response: inout Response) {
        let answer = response.body.withSpan { ShownAnswer($0) }
        let holder = response.value(of: "Location: /v1/tickets/").map { String(utf8: $0.span) }
        let ticket = response.status == 204 ? self.ticket : answer?.texts["ticket"] ?? holder
        guard let ticket else { return refuse(answer, in: &response) }
        response.clear()
        response.status = 303
        response.field("Cache-Control: no-store")
        response.field("Location: ", "/buy/\(item)/ticket/\(ticket)")
    }

    /// Shows the ticket of an answer, or why it can't be shown.
    func show(in response: inout Response) {
        let answer = response.body.withSpan { ShownAnswer($0) }
        guard response.status == 200, let answer, let state = answer.texts["state"] else {
            return refuse(answer, in: &response)
        }
        let wait = answer.numbers["poll_after_ms"].map { ($0 + 999) / 1_000 }
        let reload = wait.map { min(max($0, Limits.formReload.lowerBound), Limits.formReload.upperBound) }
        begin(&response, status: 200, title: words.text(state), reload: answer.isFinal ? nil : reload, state: state)
        write(answer, state: state, to: &response.body)
        end(&response)
    }

    // MARK: HTML

    private func write(_ answer: ShownAnswer, state: String, to body: inout ByteBuffer) {
        if let position = answer.numbers["position"], let ahead = answer.numbers["ahead"] {
            line("place", "\(position) · \(ahead) \(words.text("ahead"))", to: &body)
        }
        if let usual = answer.numbers["p50_ms"], let most = answer.numbers["p90_ms"] {
            let times = [usual, most].map { words.span(milliseconds: $0) }
            line("wait", "\(times[0]) · \(words.text("atMost")) \(times[1])", to: &body)
        }
        if let verdict = answer.texts["verdict"] { paragraph(words.text(verdict), to: &body) }
        if let time = answer.texts["expires_at"] {
            line("until", time.prefix(19).replacing("T", with: " ") + " UTC", to: &body)
        }
        for name in ["order", "reason"] { if let text = answer.texts[name] { line(name, text, to: &body) } }
        if !answer.isFinal { paragraph(words.text("reload"), to: &body) }
        if state == "queued" || state == "reserved" {
            body.append("<form method=\"post\"><button class=\"quiet\">")
            body.append(escaped: words.text(state == "reserved" ? "leaveWon" : "leave"))
            body.append("</button></form>\n")
        }
        if answer.isFinal { leadBack(&body) }
    }

    private func refuse(_ answer: ShownAnswer?, in response: inout Response) {
        let status = response.status
        let code = answer?.texts["code"] ?? ""
        let title = words[code] ?? answer?.texts["title"] ?? "\(status)"
        let isPoll = ticket.isEmpty && user.isEmpty && status == 503
        begin(&response, status: status, title: title, reload: isPoll ? 2 : nil, state: "problem")
        if let wait = answer?.numbers["retry_after_ms"] {
            line("retryIn", words.span(milliseconds: wait), to: &response.body)
        }
        if status == 503 || ["not-open", "invalid-request", "rate-limited"].contains(code), ticket.isEmpty, !isPoll {
            writeForm(to: &response.body)
        }
        leadBack(&response.body)
        end(&response)
    }

    private func writeForm(to body: inout ByteBuffer) {
        body.append("<form method=\"post\" action=\"/buy/")
        body.append(escaped: item)
        body.append("\"><label for=\"user\">")
        body.append(escaped: words.text("user"))
        body.append("</label>\n<input id=\"user\" name=\"user\" required maxlength=\"128\" value=\"")
        body.append(escaped: user)
        body.append("\" aria-describedby=\"hint\">\n<p id=\"hint\" class=\"hint\">")
        body.append(escaped: words.text("userHint"))
        body.append("</p>\n<button>")
        body.append(escaped: words.text("again"))
        body.append("</button></form>\n")
    }

    private func leadBack(_ body: inout ByteBuffer) {
        body.append("<p><a href=\"/buy/")
        body.append(escaped: item)
        body.append("\">")
        body.append(escaped: words.text("back"))
        body.append("</a></p>\n")
    }

    private func paragraph(_ text: String, to body: inout ByteBuffer) {
        body.append("<p>")
        body.append(escaped: text)
        body.append("</p>\n")
    }

    private func line(_ name: String, _ value: String, to body: inout ByteBuffer) {
        body.append("<p>")
        body.append(escaped: words.text(name))
        body.append(": <strong>")
        body.append(escaped: value)
        body.append("</strong></p>\n")
    }

    private func begin(_ response: inout Response, status: Int, title: String, reload: Int64?, state: String) {
        response.clear()
        response.status = status
        response.contentType("text/html; charset=utf-8")
        response.field("Cache-Control: no-store")
        response.field("Vary: Accept-Language")
        PageEndpoint.protect(&response)
        var head = "<!doctype html>\n<html lang=\"\(words.language)\">\n<head><meta charset=\"utf-8\">\n"
        head += "<meta name=\"viewport\" content=\"width=device-width\">\n"
        if let reload { head += "<meta http-equiv=\"refresh\" content=\"\(reload)\">\n" }
        head += "<link rel=\"icon\" href=\"/page/icon.svg\">\n"
        if let styleSheet { head += "<link rel=\"stylesheet\" href=\"\(styleSheet)\">\n" }
        response.body.append(utf8: head)
        response.body.append("<title>")
        response.body.append(escaped: "\(title) · \(item)")
        response.body.append("</title></head>\n<body><main data-state=\"")
        response.body.append(escaped: state)
        response.body.append("\"><p class=\"item\">")
        response.body.append(escaped: item)
        response.body.append("</p>\n<h1>")
        response.body.append(escaped: title)
        response.body.append("</h1>\n")
    }

    private func end(_ response: inout Response) { response.body.append("</main></body></html>\n") }
}
