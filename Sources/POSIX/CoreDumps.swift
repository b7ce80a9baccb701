internal import CPOSIX

/// Makes sure that the process leaves no core dump and no picture of its memory in a report of a crash, for one that holds a
/// key; its children do not inherit all of that.
package func forbidCoreDumps() {
    vt_forbid_core_dumps()
}
