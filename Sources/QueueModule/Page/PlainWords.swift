import HTTPServer

/// What pages without JavaScript say, in the language that a browser prefers.
struct PlainWords {
    let language: String
    private let words: [String: String]

    /// English, unless Chinese is preferred.
    init(_ request: borrowing Request) {
        self = Self.prefersChinese(request.header(.acceptLanguage) ?? "") ? Self.chinese : Self.english
    }

    private init(_ language: String, _ words: [String: String]) { (self.language, self.words) = (language, words) }

    /// The text under a key; nil where there is none.
    subscript(key: String) -> String? { words[key] }

    func text(_ key: String) -> String { words[key] ?? key }

    /// A time in the future, roughly.
    func span(milliseconds: Int64) -> String {
        let seconds = max(1, (milliseconds + 999) / 1_000)
        if seconds < 100 { return "\(seconds) \(text("seconds"))" }
        let minutes = (seconds + 59) / 60
        return minutes < 120 ? "\(minutes) \(text("minutes"))" : "\((minutes + 59) / 60) \(text("hours"))"
    }

    /// Compares the weights of the two languages in a field such as `zh-CN,zh;q=0.9,en;q=0.8`.
    static func prefersChinese(_ field: String) -> Bool {
        var best: [Substring: Int] = [:]
        for range in field.split(separator: ",").prefix(20) {
            let parts = range.split(separator: ";")
            guard let name = parts.first?.drop(while: { $0 == " " }).prefix(2).lowercased() else { continue }
            let weight = parts.dropFirst().lazy.compactMap { weightPerMille($0) }.first ?? 1_000
            best[Substring(name)] = max(best[Substring(name)] ?? 0, weight)
        }
        return (best["zh"] ?? 0) > (best["en"] ?? 0)
    }

    /// `q=0.85` is 850.
    private static func weightPerMille(_ parameter: Substring) -> Int? {
        let text = parameter.filter { $0 != " " }.lowercased()
        guard text.hasPrefix("q=") else { return nil }
        let parts = text.dropFirst(2).split(separator: ".", maxSplits: 1)
        guard let whole = parts.first.flatMap({ Int($0) }), (0...1).contains(whole) else { return nil }
        let digits = parts.count == 2 ? (String(parts[1]) + "000").prefix(3) : "000"
        return min(1_000, whole * 1_000 + (Int(digits) ?? 0))
    }

    private static let english = PlainWords(
        "en",
        [
            "queued": "You are in the queue", "processing": "Your order is being placed",
            "reserved": "You have won: pay now", "sold": "It is yours", "sold_out": "Sold out",
            "rejected": "Your order was refused", "expired": "The time to pay is over",
            "cancelled": "You have left the queue", "in_doubt": "The seller is checking your order",
            "place": "Your place", "ahead": "ahead of you", "wait": "Your turn comes in about", "atMost": "at most",
            "certain": "There are enough units for you and all before you.",
            "possible": "You may still get one.", "no_chance": "Probably none will be left for you.",
            "until": "Pay until", "order": "Order", "reason": "Reason", "item": "Item",
            "reload": "This page loads again by itself. Keep its address: it is your place.",
            "leave": "Leave and give up the place", "leaveWon": "Give the unit back", "again": "Try again",
            "back": "Back to the item", "seconds": "s", "minutes": "min", "hours": "h", "retryIn": "Try again in about",
            "user": "Your name, number or e-mail address",
            "userHint": "1 to 128 letters, digits or signs of a US keyboard, without spaces. One place for each.",
            "not-open": "The sale has not opened yet", "paused": "The sale is paused",
            "queue-full": "The queue is full",
            "sold-out": "Sold out", "closed": "The sale is closed",
            "purchase-limit": "You have as many purchases of this item as are allowed",
            "rate-limited": "That was too fast", "store-unavailable": "Not reachable at the moment: try again",
            "degraded": "Not possible at the moment: try again", "draining": "Try again",
            "unknown-item": "There is no such item", "unknown-ticket": "There is no such place",
            "lost": "The record of this place was lost; the seller knows it",
            "invalid-request": "Please check what you entered", "in-progress": "Your order is being placed already",
            "already-final": "This purchase has ended",
        ])

    private static let chinese = PlainWords(
        "zh-CN",
        [
            "queued": "您正在排队", "processing": "正在为您下单", "reserved": "抢到了，请付款", "sold": "购买成功",
            "sold_out": "已售罄", "rejected": "订单未被接受", "expired": "付款时间已过", "cancelled": "您已退出排队",
            "in_doubt": "卖家正在核实您的订单", "place": "您的位置", "ahead": "人排在您前面", "wait": "预计等待约",
            "atMost": "最多", "certain": "库存足够，轮到您时仍有货。", "possible": "您仍有机会。",
            "no_chance": "轮到您时可能已无货。", "until": "请在此时间前付款", "order": "订单号", "reason": "原因",
            "item": "商品", "reload": "本页会自动刷新。请保存网址：它就是您的位置。", "leave": "退出排队并放弃位置",
            "leaveWon": "放弃并归还", "again": "重试", "back": "返回商品", "seconds": "秒", "minutes": "分钟",
            "hours": "小时", "retryIn": "请稍后重试，约", "user": "您的姓名、手机号或邮箱",
            "userHint": "1 至 128 个英文字母、数字或符号，不含空格。每人一个位置。", "not-open": "尚未开售",
            "paused": "销售已暂停", "queue-full": "排队人数已满", "sold-out": "已售罄", "closed": "销售已结束",
            "purchase-limit": "您已达到此商品的购买上限", "rate-limited": "操作过快", "store-unavailable": "暂时无法连接，请重试",
            "degraded": "暂时无法购买，请重试", "draining": "请重试", "unknown-item": "没有此商品",
            "unknown-ticket": "没有此位置", "lost": "此位置的记录已丢失，卖家已获知", "invalid-request": "请检查您输入的内容",
            "in-progress": "正在为您下单", "already-final": "此次购买已结束",
        ])
}
