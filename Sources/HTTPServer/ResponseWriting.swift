import Base

extension ByteBuffer {
    /// Appends a whole answer. One call for all of its pieces, because each call from a class checks for exclusive
    /// access.
    mutating func append(
        _ response: borrowing Response, date: borrowing ByteBuffer, isHead: Bool, keepsAlive: Bool, isHTTP10: Bool
    ) {
        append(StatusLine.text(response.status))
        append(date)
        append(response.fields)
        if !keepsAlive {
            append("Connection: close\r\n")
        } else if isHTTP10 {
            append("Connection: keep-alive\r\n")
        }
        if response.status == 204 || response.status == 304 {
            append("\r\n")
            return
        }
        append("Content-Length: ")
        append(decimal: response.body.count)
        append("\r\n\r\n")
        if !isHead { append(response.body) }
    }
}
