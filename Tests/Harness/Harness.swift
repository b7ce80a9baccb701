import POSIX
