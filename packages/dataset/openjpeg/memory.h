/* Memory of one decoding: bounded, and all given back at its end, whatever way it ends. */
#ifndef DDAD_MEMORY_H
#define DDAD_MEMORY_H

#include <setjmp.h>
#include <stddef.h>

/* Where to go when a decoding asks for more than it may have; to be set before any memory is asked for. */
extern _Thread_local jmp_buf memory_exhausted;

/* From now on this thread's decoding may have so many bytes. */
void memory_begin(size_t bytes);

/* Gives back whatever the thread's decoding still has. */
void memory_end(void);

#endif
