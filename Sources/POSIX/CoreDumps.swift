internal import CPOSIX

/// Makes sure that the process leaves no core dump, for one that holds a key; its children do not inherit all of that.
package func forbidCoreDumps() {
    vt_forbid_core_dumps()
}
