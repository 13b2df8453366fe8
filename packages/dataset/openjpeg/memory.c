/*
 * OpenJPEG's own functions for memory (it calls no others), in place of its opj_malloc.c. Headers of a few bytes can ask for any
 * amount, and code that goes on without what it asked for is seldom tried: here nothing goes on, the decoding is left by longjmp,
 * and its blocks, which form a ring, are freed.
 */
#define OPJ_SKIP_POISON
#include "opj_includes.h"

#include "memory.h"

/* Before each block; 32 bytes, so that what follows lies as OpenJPEG wants it for its vectors. */
typedef struct block {
    struct block *before, *behind;
    size_t bytes;
    size_t unused;
} block;

_Static_assert(sizeof(block) == 32, "a block's head keeps the alignment of its bytes");

_Thread_local jmp_buf memory_exhausted;
static _Thread_local block ring;
static _Thread_local size_t left;

void memory_begin(size_t bytes)
{
    ring.before = ring.behind = &ring;
    left = bytes;
}

void memory_end(void)
{
    while (ring.behind != &ring) opj_free(ring.behind + 1);
}

/* A size of 0 gives NULL, as OpenJPEG's own functions do. */
static void *take(size_t bytes)
{
    void *place;
    block *head;
    if (bytes == 0) return NULL;
    if (bytes > left || left - bytes < sizeof(block)) longjmp(memory_exhausted, 1);
    if (posix_memalign(&place, 32, bytes + sizeof(block)) != 0) longjmp(memory_exhausted, 1);
    left -= bytes + sizeof(block);
    head = place;
    head->bytes = bytes;
    head->before = &ring;
    head->behind = ring.behind;
    ring.behind->before = head;
    ring.behind = head;
    return head + 1;
}

void opj_free(void *place)
{
    block *head;
    if (place == NULL) return;
    head = (block *)place - 1;
    head->before->behind = head->behind;
    head->behind->before = head->before;
    left += head->bytes + sizeof(block);
    free(head);
}

void *opj_malloc(size_t size)
{
    return take(size);
}

void *opj_calloc(size_t count, size_t size)
{
    void *place;
    if (size != 0 && count > SIZE_MAX / size) longjmp(memory_exhausted, 1);
    place = take(count * size);
    return place == NULL ? NULL : memset(place, 0, count * size);
}

void *opj_realloc(void *place, size_t size)
{
    void *larger;
    if (place == NULL || size == 0) return take(size);
    larger = take(size);
    if (larger != NULL) {
        size_t had = ((block *)place - 1)->bytes;
        memcpy(larger, place, had < size ? had : size);
    }
    opj_free(place);
    return larger;
}

void *opj_aligned_malloc(size_t size)
{
    return take(size);
}

void *opj_aligned_realloc(void *place, size_t size)
{
    return opj_realloc(place, size);
}

void *opj_aligned_32_malloc(size_t size)
{
    return take(size);
}

void *opj_aligned_32_realloc(void *place, size_t size)
{
    return opj_realloc(place, size);
}

void opj_aligned_free(void *place)
{
    opj_free(place);
}
