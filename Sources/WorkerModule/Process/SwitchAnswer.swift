import Base
import HTTPServer

/// What a switch of the ops listener answers to a request: JSON, or a problem as RFC 9457 has it.
struct SwitchAnswer: Equatable {
    let status: Int
    let body: [UInt8]

    /// - Parameter write: the members of the object; none where it is empty.
    init(status: Int = 200, _ write: (inout JSONWriter) -> Void = { (_: inout JSONWriter) in }) {
        self.status = status
        var buffer = ByteBuffer(capacity: 512)
        buffer.appendJSON { json in
            json.beginObject()
            write(&json)
            json.endObject()
        }
        body = buffer.bytes
    }

    static func refused(
        _ detail: String, title: StaticString = "The request can't be carried out", status: Int = 400
    ) -> SwitchAnswer {
        SwitchAnswer(status: status) { json in
            json.field("type", constant: "about:blank")
            json.field("title", constant: title)
            json.field("status", Int64(status))
            json.field("detail", detail)
            if status == 400 {
                json.field("code", constant: "invalid-request")
            } else {
                json.field("code", constant: "degraded")
            }
        }
    }

    func send(to exchange: ExchangeID, over server: HTTPServer) {
        server.respond(to: exchange) { response in
            response.status = status
            response.contentType(status < 400 ? "application/json" : "application/problem+json")
            response.body.append(body)
        }
    }
}
