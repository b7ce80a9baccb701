internal import CPOSIX

/// Whether a file has an access control list: then the rights of its group, as the mode shows them, are the list's mask (acl(5)).
package func hasAccessList(_ descriptor: CInt) -> Bool { vt_has_access_list(descriptor) != 0 }
