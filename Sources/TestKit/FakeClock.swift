import CLinux
import Foundation

// DESIGN
// libfaketime can't be loaded into a redis-server with jemalloc (each calls the other while it begins), so this is our
// own, of thirty lines. A clock that has been set back or ahead, or runs too fast, is the wall clock alone: no kernel
// moves the monotonic clock back. One that runs too slow or stands still is both, as of a machine that does not run.

/// A clock of a process under test, which the test moves while the process runs.
public final class FakeClock: Sendable {
    /// What it shows of the real time.
    public enum Course: Sendable, CustomStringConvertible {
        case right
        /// So many seconds ahead; less than 0: behind.
        case ahead(Int64)
        /// So many thousandths as fast as the real one, from now on; 0: it stands still.
        case speed(perMille: Int64)

        public var description: String {
            switch self {
            case .right: "right"
            case .ahead(let seconds): "\(seconds) s ahead"
            case .speed(let perMille): "at \(perMille) per mille"
            }
        }

        /// Nanoseconds ahead, speed, and whether the monotonic clock is changed as well.
        fileprivate var numbers: [Int64] {
            switch self {
            case .right: [0, 1_000, 0]
            case .ahead(let seconds): [seconds * 1_000_000_000, 1_000, 0]
            case .speed(let perMille): [0, perMille, perMille < 1_000 ? 1 : 0]
            }
        }
    }

    private static let source = #"""
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        static const volatile long long *course;
        __attribute__((constructor)) static void begin(void) {
            int file = open(getenv("FAKE_CLOCK"), O_RDONLY | O_CLOEXEC);
            void *page = mmap(0, 32, PROT_READ, MAP_SHARED, file, 0);
            close(file);
            if (page != MAP_FAILED) course = page;
        }
        static long long now(long which) {
            struct timespec time;
            syscall(SYS_clock_gettime, which, &time);
            return time.tv_sec * 1000000000LL + time.tv_nsec;
        }
        int clock_gettime(clockid_t which, struct timespec *time) {
            long long shown = now(which);
            int is_wall = which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE;
            int is_monotonic = which == CLOCK_MONOTONIC || which == CLOCK_MONOTONIC_COARSE || which == CLOCK_BOOTTIME;
            if (course && (is_wall || (is_monotonic && course[2])))
                shown += course[0] + (now(CLOCK_MONOTONIC) - course[3]) / 1000 * (course[1] - 1000);
            time->tv_sec = shown / 1000000000LL;
            time->tv_nsec = shown % 1000000000LL;
            return 0;
        }
        int gettimeofday(struct timeval *time, void *zone) {
            struct timespec shown;
            clock_gettime(CLOCK_REALTIME, &shown);
            time->tv_sec = shown.tv_sec;
            time->tv_usec = shown.tv_nsec / 1000;
            return 0;
        }
        time_t time(time_t *seconds) {
            struct timespec shown;
            clock_gettime(CLOCK_REALTIME, &shown);
            if (seconds) *seconds = shown.tv_sec;
            return shown.tv_sec;
        }
        """#

    public struct NotBuilt: Error {}

    private let file: String
    private let library: String

    /// - Parameter directory: holds its files for as long as the process runs.
    public init(in directory: TemporaryDirectory) throws {
        library = directory.file("fakeclock.so")
        file = try directory.write(String(repeating: "\0", count: 32), to: "fakeclock")
        try set(.right)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let source = try directory.write(Self.source, to: "fakeclock.c")
        compiler.arguments = ["clang", "-shared", "-fPIC", "-O1", "-o", library, source]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw NotBuilt() }
    }

    /// For the process whose clock this is.
    public var environment: [String: String] { ["LD_PRELOAD": library, "FAKE_CLOCK": file] }

    public func set(_ course: Course) throws {
        let origin = Int64(clinux_monotonic_ns())
        var data = Data()
        for number in course.numbers + [origin] {
            unsafe withUnsafeBytes(of: number) { unsafe data.append(contentsOf: $0) }
        }
        // In place, since the process has the file in its memory.
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.write(contentsOf: data)
        try handle.close()
    }
}
