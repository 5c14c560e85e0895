import Base

extension Response {
    /// Fills the response with a refusal as RFC 9457 has it.
    mutating func writeProblem(_ refusal: Refusal) {
        status = refusal.status
        contentType("application/problem+json")
        field("Cache-Control: no-store")
        if status == 405 { field("Allow: GET, HEAD, POST, PUT, DELETE") }
        body.append("{\"type\":\"about:blank\",\"title\":\"")
        body.append(utf8: StatusLine.reason(status))
        body.append("\",\"status\":")
        body.append(decimal: status)
        body.append(",\"detail\":\"")
        body.append(refusal.detail)
        body.append("\",\"code\":\"")
        body.append(refusal.code)
        body.append("\"}")
    }
}
