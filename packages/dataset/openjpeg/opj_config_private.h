/* What OpenJPEG's CMake would write, for Linux. */
#define OPJ_PACKAGE_VERSION "2.5.4"
#define OPJ_HAVE_FSEEKO 1
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L
#endif
