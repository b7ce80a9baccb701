import Testing
import Text

@Suite struct JSONValues {
    @Test(arguments: [
        "null", "true", "[]", "{}", "-0.5e+3", #""a\"b""#, #"{"a":[1,{"b":null}],"c":"d"}"#, #"["\u0007\\"]"#,
    ])
    func whatIsWrittenIsReadAgain(document: String) throws {
        let value = try #require(JSONValue(parsing: document))
        #expect(value.line == document)
        #expect(JSONValue(parsing: " \n\t" + value.line + "\r\n") == value)
    }

    @Test(arguments: [
        "", "nul", "01", "1.", ".5", "+1", "1e", "-", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"a", "\"\\",
        "1 2", "{",
        "\"a\nb\"", "NaN",
    ])
    func whatIsNoDocumentIsRefused(text: String) {
        #expect(JSONValue(parsing: text) == nil)
    }

    @Test(arguments: [
        ("NaN", "null"), ("[-Infinity,Infinity,nan]", "[null,null,null]"), ("[1,2,]", "[1,2]"),
        ("{\"a\":1,}", "{\"a\":1}"),
        ("\u{FEFF}[1]", "[1]"), ("[1] and more", "[1]"),
        ("{\"a\":True,\"b\":None}", "{\"a\":true,\"b\":null}"),

    ]) func otherWritersAreRead(text: String, line: String) {
        #expect(JSONValue(lenientlyParsing: text)?.line == line)
        #expect(JSONValue(parsing: text) == nil)
    }

    @Test(arguments: [
        "", "nul", "[1 2]", "{\"a\"}", "{a:1}", "\"a", "{\"a\":1}{\"b\":2}", "[1", "{\"a\":\"b", "[,]",
        "{,}", "abc",
    ])
    func whatIsCutOffIsNoDocumentToAnybody(text: String) {
        #expect(JSONValue(lenientlyParsing: text) == nil)
    }

    @Test func depthIsBounded() {
        #expect(JSONValue(parsing: String(repeating: "[", count: 100_000)) == nil)
        #expect(JSONValue(parsing: String(repeating: "[", count: 60) + String(repeating: "]", count: 60)) != nil)
    }

    @Test func membersAreFoundByName() throws {
        let value = try #require(JSONValue(parsing: #"{"n":12,"s":"é","t":true,"n":13}"#))
        #expect(value["n"]?.integer == 12)
        #expect(value["s"]?.string == "é")
        #expect(value["t"]?.bool == true)
        #expect(value["x"] == nil)
    }
}
