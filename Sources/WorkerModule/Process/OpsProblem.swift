import Base
import HTTPServer

extension HTTPServer {
    /// Answers a call of the ops listener that can't be carried out, as RFC 9457 has it.
    func refuse(
        _ exchange: ExchangeID, _ detail: String, title: StaticString = "The request can't be carried out",
        status: Int = 400
    ) {
        respond(to: exchange) { response in
            response.status = status
            response.contentType("application/problem+json")
            response.body.appendJSON { json in
                json.beginObject()
                json.field("type", constant: "about:blank")
                json.field("title", constant: title)
                json.field("status", Int64(status))
                json.field("detail", detail)
                if status == 400 {
                    json.field("code", constant: "invalid-request")
                } else {
                    json.field("code", constant: "degraded")
                }
                json.endObject()
            }
        }
    }
}
