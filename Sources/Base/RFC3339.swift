/// RFC 3339 times, in UTC with milliseconds when written: `2026-11-11T00:00:00.000Z`.
public enum RFC3339 {
    /// The times that a year of four digits can express.
    public static let range =
        WallInstant(milliseconds: -62_167_219_200_000)...WallInstant(milliseconds: 253_402_300_799_999)

    private static let dayMilliseconds: Int64 = 86_400_000

    /// Reads a time with `Z` or an offset and at most nine digits of fraction, of which three count.
    ///
    /// Nil for anything else: lower-case letters, a day the month does not have, a leap second (it has no number in
    /// Unix time), an instant outside `range`.
    public static func parse(_ text: Span<UInt8>) -> WallInstant? {
        var cursor = Cursor(count: text.count)
        guard let year = cursor.number(text, digits: 4), cursor.take(text, "-"),
            let month = cursor.number(text, digits: 2), (1...12).contains(month), cursor.take(text, "-"),
            let day = cursor.number(text, digits: 2), day >= 1, day <= days(inMonth: month, year: year),
            cursor.take(text, "T"),
            let hour = cursor.number(text, digits: 2), hour < 24, cursor.take(text, ":"),
            let minute = cursor.number(text, digits: 2), minute < 60, cursor.take(text, ":"),
            let second = cursor.number(text, digits: 2), second < 60,
            let fraction = cursor.fraction(text),
            let offset = cursor.offsetMinutes(text),
            cursor.isAtEnd
        else { return nil }
        let time = ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction
        let instant = WallInstant(
            milliseconds: dayNumber(year: year, month: month, day: day) * dayMilliseconds + time)
        return range.contains(instant) ? instant : nil
    }

    public static func parse(_ text: String) -> WallInstant? { parse(text.utf8.span) }

    /// Appends 24 bytes; an instant outside `range` is written as the nearer end of it.
    static func append(_ instant: WallInstant, to buffer: inout ByteBuffer) {
        let milliseconds = min(max(instant, range.lowerBound), range.upperBound).milliseconds
        let day = milliseconds.floorDivided(by: dayMilliseconds)
        let time = milliseconds - day * dayMilliseconds
        let date = civil(day: day)
        func append(_ value: Int64, digits: Int) {
            var power: Int64 = 1
            for _ in 1..<digits { power *= 10 }
            while power > 0 {
                buffer.append(UInt8(ascii: "0") + UInt8(value / power % 10))
                power /= 10
            }
        }
        append(date.year, digits: 4)
        buffer.append(UInt8(ascii: "-"))
        append(date.month, digits: 2)
        buffer.append(UInt8(ascii: "-"))
        append(date.day, digits: 2)
        buffer.append(UInt8(ascii: "T"))
        append(time / 3_600_000, digits: 2)
        buffer.append(UInt8(ascii: ":"))
        append(time / 60_000 % 60, digits: 2)
        buffer.append(UInt8(ascii: ":"))
        append(time / 1000 % 60, digits: 2)
        buffer.append(UInt8(ascii: "."))
        append(time % 1000, digits: 3)
        buffer.append(UInt8(ascii: "Z"))
    }

    // MARK: Calendar

    private static func days(inMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year  // the year begins in March, so that a leap day ends it
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * marchMonth + 2) / 5 + 1
        )
    }
}

extension ByteBuffer {
    /// Appends `instant` as RFC 3339 in UTC, 24 bytes.
    public mutating func append(rfc3339 instant: WallInstant) { RFC3339.append(instant, to: &self) }
}

/// A place in the text of a time.
private struct Cursor {
    let count: Int
    var index = 0

    init(count: Int) { self.count = count }

    var isAtEnd: Bool { index == count }

    mutating func take(_ text: Span<UInt8>, _ scalar: Unicode.Scalar) -> Bool {
        guard index < count, text[index] == UInt8(ascii: scalar) else { return false }
        index += 1
        return true
    }

    mutating func number(_ text: Span<UInt8>, digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit(text) else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Milliseconds of an optional fraction of 1...9 digits.
    mutating func fraction(_ text: Span<UInt8>) -> Int64? {
        guard take(text, ".") else { return 0 }
        var milliseconds: Int64 = 0
        var digits = 0
        while let digit = digit(text) {
            if digits < 3 { milliseconds = milliseconds * 10 + digit }
            digits += 1
        }
        guard (1...9).contains(digits) else { return nil }
        return digits == 1 ? milliseconds * 100 : digits == 2 ? milliseconds * 10 : milliseconds
    }

    mutating func offsetMinutes(_ text: Span<UInt8>) -> Int64? {
        if take(text, "Z") { return 0 }
        let isBehind = take(text, "-")
        guard isBehind || take(text, "+"), let hours = number(text, digits: 2), hours < 24, take(text, ":"),
            let minutes = number(text, digits: 2), minutes < 60
        else { return nil }
        return (isBehind ? -1 : 1) * (hours * 60 + minutes)
    }

    private mutating func digit(_ text: Span<UInt8>) -> Int64? {
        guard index < count, case UInt8(ascii: "0")...UInt8(ascii: "9") = text[index] else { return nil }
        defer { index += 1 }
        return Int64(text[index] - UInt8(ascii: "0"))
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity; `divisor` is positive.
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        (self >= 0 ? self : self - divisor + 1) / divisor
    }
}
