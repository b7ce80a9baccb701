import Glibc
import Harness
import Testing

/// Outputs on a share that has no locks, as NFS and CIFS may be mounted.
@Suite struct TranscribeShares {
    private let test: TranscribeHome

    /// Stands between the program and fcntl(2), and knows no locks.
    private static let shim = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        static int call(int file, int command, long argument) {
            if (command == F_OFD_SETLK || command == F_OFD_SETLKW) { errno = CODE; return -1; }
            return (int)syscall(SYS_fcntl, file, command, argument);
        }
        #define BODY va_list l; va_start(l, command); long a = va_arg(l, long); va_end(l); return call(file, command, a);
        int fcntl(int file, int command, ...) { BODY }
        int fcntl64(int file, int command, ...) { BODY }
        """

    init() throws {
        test = try TranscribeHome()
        for name in ["a.wav", "b.wav"] { try test.write(Tone.file(seconds: 0.25), to: name) }
    }

    @Test(.enabled(if: Tool.isInstalled("cc"), "needs a C compiler"), arguments: ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
    func itWorksAndSaysSo(code: String) throws {
        try test.write(Array(Self.shim.utf8), to: "shim.c")
        let built = try run(.shell("cc -shared -fPIC -DCODE=\(code) -o shim.so shim.c"), home: test.home)
        try #require(built.status == 0, "\(built)")
        let environment: [String: String?] = ["LD_PRELOAD": "\(test.home.files)/shim.so"]
        let first = try test.transcribe("a.wav", "b.wav", "--output-dir", "out", environment: environment)
        #expect(first.status == 0, "\(first)")
        #expect(first.errors.matches(of: /no locks/).count == 1, "\(first)")
        let again = try test.transcribe("a.wav", "b.wav", "--output-dir", "out", "--resume", environment: environment)
        #expect(again.status == 0 && again.errors.contains("2 complete before"), "\(again)")
    }
}
