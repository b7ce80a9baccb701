// What glibc declares only under _GNU_SOURCE, and what is variadic: Swift's Glibc module shows neither.
#ifndef VT_CPOSIX_H
#define VT_CPOSIX_H

/// pipe2(2): both ends close-on-exec.
int vt_pipe(int ends[2]);

/// Installs a handler for a signal that writes its number, one byte, to the descriptor set by vt_signal_descriptor.
int vt_catch_signal(int number);

/// Where vt_catch_signal's handler writes. Set it first. The descriptor must be non-blocking.
void vt_signal_descriptor(int descriptor);

/// Names the calling thread, for debuggers and ps -L; at most 15 bytes.
void vt_name_thread(const char *name);

/// A new file without a name on the directory's file system (O_TMPFILE), open for reading and writing, close-on-exec.
int vt_unlinked_file(const char *directory, unsigned mode);

/// Gives the room of some bytes of a file back; they are zero from then on (fallocate(2), FALLOC_FL_PUNCH_HOLE).
int vt_free_range(int descriptor, long offset, long count);

/// Gives a file of vt_unlinked_file's a name; EEXIST where there is one of that name. Needs /proc.
int vt_link_file(int descriptor, const char *path);

/// Lets two files or folders change names in one step (renameat2(2), RENAME_EXCHANGE); EINVAL where the file system cannot.
int vt_exchange(const char *one, const char *other);

/// Renames a file unless there is one of that name (renameat2(2), RENAME_NOREPLACE): EEXIST then; EINVAL where the file system
/// cannot.
int vt_rename_new(const char *from, const char *to);

/// Locks a range of a file for an open file description (fcntl(2), F_OFD_SETLK): F_RDLCK, F_WRLCK or F_UNLCK.
int vt_lock_range(int descriptor, int type, long start, long length, int waits);

/// Sets an extended attribute of an open file (fsetxattr(2)), `user.` and a name.
int vt_set_attribute(int descriptor, const char *name, const void *value, unsigned long size);

/// Reads an extended attribute of a file that is not a link (lgetxattr(2)): how many bytes it has, or -1.
long vt_attribute(const char *path, const char *name, void *value, unsigned long size);

/// A new file that is nothing but memory (memfd_create), close-on-exec.
int vt_memory_file(void);

/// Starts a program without a search: in a process group of its own, every signal at its default, none blocked or pending
/// with these three descriptors as 0, 1 and 2 and no other; in a directory, or the caller's where that is NULL.
/// It gets death_signal, unless that is 0, when the calling thread ends, however that ends (PR_SET_PDEATHSIG).
/// Returns 0, or an error number, also for what went wrong in the child before the program ran.
int vt_spawn(int *child, const char *path, char *const arguments[], char *const environment[], const char *directory,
             const int descriptors[3], int death_signal);

/// pidfd_open(2): becomes readable when the process ends; close-on-exec. -1 with errno on failure.
int vt_pidfd_open(int process);

/// sendmsg(2) without a signal where the peer is gone; passes a copy of a descriptor along, none where it is negative.
long vt_send(int socket, const void *bytes, long count, int descriptor);

/// recvmsg(2): bytes, and up to 32 descriptors, close-on-exec.
long vt_receive(int socket, void *bytes, long count, int *descriptors, int *received);

/// Bytes that were written to a pipe or a socket and that nobody has read; -1 for anything else.
long vt_unread(int descriptor);

/// Leaves a process behind that removes files as soon as all is read that was written to a pipe or a socket. If its reader ends
/// before, or does not read within so many seconds, the files stay; in the first case it writes a message, unless errors go to a
/// pipe.
///
/// @param paths the files, ended by NULL.
/// @param kept descriptors that it holds meanwhile, in ascending order.
/// @return 0, or -1 with errno if there can be no such process.
int vt_see_delivered(int output, const char *const *paths, const int *kept, int count, int seconds, const char *message);

/// How many columns a terminal has (TIOCGWINSZ); 0 where it is none, or does not say.
int vt_terminal_columns(int descriptor);

/// The numbers of the processors that this process may run on, as far as there is room for them.
///
/// @return how many; 0 where the system does not say.
int vt_allowed_processors(int *numbers, int room);

/// Whether a file has an access control list beyond its mode (acl(5)).
int vt_has_access_list(int descriptor);

/// Makes sure that the process leaves no core dump, whoever would take it.
void vt_forbid_core_dumps(void);

#endif
