import Base

/// The Date line of answers, put together once a second.
struct DateField: ~Copyable {
    private var second = Int64.min
    private(set) var line = ByteBuffer()

    /// Brings the line up to `now`.
    mutating func refresh(_ now: WallInstant) {
        let current = now.milliseconds / 1000
        if current != second {
            second = current
            line.clear()
            line.append(Self.render(second: current))
        }
    }

    /// The line for a second since 1970, which must not be negative: `Date: Sun, 06 Nov 1994 08:49:37 GMT` and its end.
    static func render(second: Int64) -> [UInt8] {
        let (days, remainder) = (second / 86_400, second % 86_400)
        let (year, month, day) = civil(days: days)
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = "\(weekdays[Int(days % 7)]), \(padded(day)) \(months[Int(month) - 1]) \(year)"
        let time = "\(padded(remainder / 3600)):\(padded(remainder / 60 % 60)):\(padded(remainder % 60))"
        return Array("Date: \(date) \(time) GMT\r\n".utf8)
    }

    private static func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// Walks the Gregorian calendar in cycles of 400, 100, 4 and 1 years counted from 1 March 2000, so that the leap
    /// day is the last of its year.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let sinceMarch2000 = days - 11_017
        let cycle = sinceMarch2000 >= 0 ? sinceMarch2000 / 146_097 : (sinceMarch2000 - 146_096) / 146_097
        var remainder = sinceMarch2000 - cycle * 146_097
        let centuries = min(remainder / 36_524, 3)
        remainder -= centuries * 36_524
        let fours = remainder / 1461
        remainder -= fours * 1461
        let years = min(remainder / 365, 3)
        remainder -= years * 365
        var month: Int64 = 3
        for length: Int64 in [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31] where remainder >= length {
            remainder -= length
            month += 1
        }
        let year = 2000 + cycle * 400 + centuries * 100 + fours * 4 + years
        return month > 12 ? (year + 1, month - 12, remainder + 1) : (year, month, remainder + 1)
    }
}
