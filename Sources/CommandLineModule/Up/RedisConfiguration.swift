/// The redis.conf of a private Redis: reachable by its socket alone, and never evicting what it has accepted.
public enum RedisConfiguration {
    /// - Parameters:
    ///   - folder: absolute path of the folder that holds the store.
    ///   - isFsyncAlways: Redis answers only after the disk has the write (`safe` and above).
    public static func text(folder: String, isFsyncAlways: Bool) -> String {
        """
        # Written by `sluice up` at every start: changes made here are lost.
        # No TCP port. The paths below are relative to this folder, so its length is no matter.
        dir \(quoted(folder))
        port 0
        unixsocket redis.sock
        unixsocketperm 700
        logfile redis.log
        daemonize no

        # Every write is in the append-only file; there are no snapshots whose fork would stall a sale.
        appendonly yes
        appendfsync \(isFsyncAlways ? "always" : "everysec")
        save ""
        # A crash may cut the last record: start with what is whole.
        aof-load-truncated yes
        # A rewrite must not suspend fsync: the promise of a 202 holds during one too.
        no-appendfsync-on-rewrite no

        # Full means a refusal that the engine can tell the buyer, not a forgotten purchase.
        maxmemory-policy noeviction

        # Freeing a queue of a million purchases happens on another thread, not between two scripts.
        lazyfree-lazy-user-del yes
        lazyfree-lazy-server-del yes
        lazyfree-lazy-expire yes
        lazyfree-lazy-user-flush yes
        # No call of the engine may hold Redis for 1 ms; the slow log shows one that does.
        slowlog-log-slower-than 1000
        # Percentiles per command are kept by the processes; here they would cost every call.
        latency-tracking no

        """
    }

    /// A word of redis.conf in double quotes.
    static func quoted(_ text: String) -> String {
        let digits = Array("0123456789abcdef")
        var result = "\""
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || !(0x20...0x7E).contains(byte) {
                result += "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            } else {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return result + "\""
    }
}
