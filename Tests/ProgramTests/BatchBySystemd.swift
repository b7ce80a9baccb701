import Glibc
import Harness
import Testing

/// The units of scripts/systemd.
@Suite(.enabled(if: Tool.isInstalled("systemd-analyze"), "needs systemd-analyze"))
struct BatchUnits {
    @Test func systemdFindsNoFault() throws {
        let folder = Night.units
        let units = entries(of: folder).map { "\(folder)/\($0.replacing("@.", with: "@vt-batch.service."))" }
        let result = try run(Command("systemd-analyze", ["verify", "--user", "--man=no"] + units))
        #expect(result.status == 0 && result.text == "" && result.errors == "", "\(result)")
        #expect(units.count == 4)
    }

    @Test func locksAndOptionsAreThoseOfCron() throws {
        let lines = [("vt-batch.service", try Night.folderLine()), ("vt-pending.service", try Night.pendingLine())]
        for (unit, line) in lines {
            let lock = try #require(line.firstMatch(of: /-F (\S+)/)?.1)
            #expect(try text(of: "\(Night.units)/\(unit)").contains(" --no-fork %h/\(lock) vt-transcribe --quiet "))
        }
    }
}

/// The units of scripts/systemd, in a user's systemd.
@Suite(
    .enabled(if: UserSystemd.isPossible, "needs systemd, and root: it gets namespaces and a control group of its own"))
struct BatchBySystemd {
    private let night: Night
    private let systemd: UserSystemd

    init() throws {
        night = try Night()
        systemd = try UserSystemd(home: night.batch.home, units: Night.units)
    }

    @Test func theFolderAndWhatAnOutageHasLeftBehind() throws {
        try night.dictate()
        try night.batch.refuse(false)
        let result = try systemd.control("start", "vt-batch.service")
        #expect(result.status == 0, "\(result)")
        #expect(try night.batch.faults() == [])
        #expect(try night.dictations() == ["007"])
        #expect(night.mails == [])
    }

    @Test func whatFailedIsMailed() throws {
        try night.batch.addBroken("broken.wav")
        let result = try systemd.control("start", "vt-batch.service")
        #expect(result.status != 0, "\(result)")
        #expect(try systemd.property("ExecMainStatus", of: "vt-batch.service") == "2")
        #expect(try night.batch.faults() == [])
        try eventually("a mail") { night.mails.count == 1 }
        let mail = try #require(night.mails.first)
        let user = try run("id", "-un").text
        #expect(mail.hasPrefix("To: \(user)Subject: vt-batch.service has failed on "), "\(mail)")
        #expect(mail.contains("status=2"), "\(mail)")
        // Nobody's text was owed.
        #expect(try systemd.property("Result", of: "vt-pending.service") == "success")
    }

    @Test func oneFailureStopsNotTheOther() throws {
        try night.dictate()
        try night.batch.hold(after: 1)
        try night.settings("MAILTO=\"me, you\"\nOPTIONS=--format txt,srt --jobs 2\n")
        #expect(try systemd.control("start", "--no-block", "vt-batch.service").status == 0)
        try eventually("it works") { night.batch.begun.count > 1 }
        #expect(try systemd.property("Result", of: "vt-pending.service") == "exit-code")
        #expect(try systemd.property("ExecMainStatus", of: "vt-pending.service") == "75")
        try night.batch.refuse(false)
        try night.batch.hold(after: nil)
        #expect(try systemd.control("start", "vt-batch.service").status == 0)
        #expect(try night.batch.faults(formats: ["txt", "srt"]) { $1.contains($0) } == [])
        try eventually("a mail") { night.mails.count == 1 }
        #expect(night.mails.first?.hasPrefix("To: me, you\nSubject: vt-pending.service has failed on ") == true)
    }

    @Test func thatNobodySpeaksIsNoFailure() throws {
        try night.silence()
        #expect(try systemd.control("start", "vt-batch.service").status == 0)
        #expect(try systemd.property("Result", of: "vt-batch.service") == "success")
        #expect(try text(of: "\(night.batch.transcripts)/silent.wav.txt") == "")
        #expect(night.mails == [])
    }

    @Test func oneAtATimeBesideCronToo() throws {
        try night.batch.hold(after: 0)
        let cron = try night.start(Night.folderLine())
        try eventually("cron's works") { night.batch.begun.count == 1 }
        #expect(try systemd.control("start", "vt-batch.service").status == 0)
        #expect(!cron.hasEnded && night.batch.begun.count == 1)
        try night.batch.hold(after: nil)
        #expect(try cron.finish().status == 0)
        #expect(try night.batch.faults() == [])
    }

    @Test func whoeverStopsItGetsNoMail() throws {
        try night.batch.hold(after: 3)
        #expect(try systemd.control("start", "--no-block", "vt-batch.service").status == 0)
        try eventually("it works") { night.batch.begun.count == 4 }
        #expect(try systemd.control("stop", "vt-batch.service").status == 0)
        #expect(try systemd.property("Result", of: "vt-batch.service") == "success")
        try night.batch.hold(after: nil)
        #expect(try systemd.control("start", "vt-batch.service").status == 0)
        #expect(try night.batch.faults() == [])
        #expect(night.mails == [])
    }

    @Test func theTimerOfThePage() throws {
        let example = try Night.example { $0.contains("systemctl --user enable") }
        let command = try #require(example.split(separator: "\n").first.map(String.init))
        #expect(command == "systemctl --user enable --now vt-batch.timer")
        let result = try systemd.shell(command)
        #expect(result.status == 0, "\(result)")
        #expect(try systemd.property("ActiveState", of: "vt-batch.timer") == "active")
        #expect(try systemd.property("Unit", of: "vt-batch.timer") == "vt-batch.service")
        #expect(try systemd.property("NextElapseUSecRealtime", of: "vt-batch.timer").contains(" 02:15:00 "))
    }
}
