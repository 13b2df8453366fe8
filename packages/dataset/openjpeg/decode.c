/*
 * decode(codestream, columns, rows, samples, precision, memory): the pixels of a JPEG 2000 codestream by OpenJPEG, colours by
 * pixel, more than 8 bits as 16-bit words; or null. Null is said at the first warning, and wherever a codestream is not what its
 * DICOM header says: what is to become of such ones is not decided here.
 */
#include <node_api.h>

#include "openjpeg.h"

#include "memory.h"

#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t length, at;
} source;

static OPJ_SIZE_T source_read(void *to, OPJ_SIZE_T wanted, void *data)
{
    source *from = data;
    size_t there = from->length - from->at;
    if (there == 0) return (OPJ_SIZE_T)-1;
    if (wanted > there) wanted = there;
    memcpy(to, from->bytes + from->at, wanted);
    from->at += wanted;
    return wanted;
}

static OPJ_OFF_T source_skip(OPJ_OFF_T wanted, void *data)
{
    source *from = data;
    size_t there = from->length - from->at;
    if (wanted < 0 || there == 0) return -1;
    if ((size_t)wanted > there) wanted = (OPJ_OFF_T)there;
    from->at += (size_t)wanted;
    return wanted;
}

static OPJ_BOOL source_seek(OPJ_OFF_T at, void *data)
{
    source *from = data;
    if (at < 0 || (size_t)at > from->length) return OPJ_FALSE;
    from->at = (size_t)at;
    return OPJ_TRUE;
}

static void note(const char *message, void *told)
{
    (void)message;
    *(volatile int *)told = 1;
}

typedef struct {
    uint32_t columns, rows, samples, precision;
} shape;

static int fits(const opj_image_t *image, const shape *wanted)
{
    uint32_t i;
    if (image->numcomps != wanted->samples) return 0;
    for (i = 0; i < image->numcomps; i++) {
        const opj_image_comp_t *one = &image->comps[i];
        if (one->w != wanted->columns || one->h != wanted->rows || one->dx != 1 || one->dy != 1) return 0;
        if (one->prec != wanted->precision || one->sgnd) return 0;
    }
    return 1;
}

static int write_pixels(const opj_image_t *image, const shape *wanted, void *pixels)
{
    size_t count = (size_t)wanted->columns * wanted->rows, i;
    uint32_t sample, samples = wanted->samples;
    for (sample = 0; sample < samples; sample++) {
        const OPJ_INT32 *values = image->comps[sample].data;
        if (values == NULL) return 0;
        if (wanted->precision <= 8) {
            uint8_t *to = (uint8_t *)pixels + sample;
            for (i = 0; i < count; i++) to[i * samples] = (uint8_t)values[i];
        } else if (samples == 1) {
            uint16_t *to = pixels;
            for (i = 0; i < count; i++) to[i] = (uint16_t)values[i];
        } else {
            uint16_t *to = (uint16_t *)pixels + sample;
            for (i = 0; i < count; i++) to[i * samples] = (uint16_t)values[i];
        }
    }
    return 1;
}

/* Whether `pixels` are there. All that lives on across longjmp is volatile, or not changed. */
static int decode(const uint8_t *bytes, size_t length, const shape *wanted, size_t memory, void *pixels)
{
    volatile int told = 0;
    volatile int done = 0;
    source from = {bytes, length, 0};
    memory_begin(memory);
    if (setjmp(memory_exhausted) == 0) {
        opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_J2K);
        opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_TRUE);
        opj_image_t *image = NULL;
        opj_dparameters_t parameters;
        opj_set_default_decoder_parameters(&parameters);
        opj_set_warning_handler(codec, note, (void *)&told);
        opj_set_error_handler(codec, note, (void *)&told);
        opj_stream_set_user_data(stream, &from, NULL);
        opj_stream_set_user_data_length(stream, length);
        opj_stream_set_read_function(stream, source_read);
        opj_stream_set_skip_function(stream, source_skip);
        opj_stream_set_seek_function(stream, source_seek);
        done = opj_setup_decoder(codec, &parameters) && opj_read_header(stream, codec, &image) && !told &&
               fits(image, wanted) && opj_decode(codec, stream, image) && opj_end_decompress(codec, stream) &&
               !told && fits(image, wanted) && write_pixels(image, wanted, pixels);
    } else {
        done = 0;
    }
    /* All that was made is the decoding's memory. */
    memory_end();
    return done;
}

static napi_value answer_nothing(napi_env env)
{
    napi_value nothing;
    napi_get_null(env, &nothing);
    return nothing;
}

static napi_value call(napi_env env, napi_callback_info info)
{
    size_t count = 6, length;
    napi_value arguments[6], buffer, pixels;
    napi_typedarray_type type;
    shape wanted;
    double memory;
    void *bytes, *to;
    uint64_t size;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 6 ||
        napi_get_typedarray_info(env, arguments[0], &type, &length, &bytes, NULL, NULL) != napi_ok ||
        type != napi_uint8_array || napi_get_value_uint32(env, arguments[1], &wanted.columns) != napi_ok ||
        napi_get_value_uint32(env, arguments[2], &wanted.rows) != napi_ok ||
        napi_get_value_uint32(env, arguments[3], &wanted.samples) != napi_ok ||
        napi_get_value_uint32(env, arguments[4], &wanted.precision) != napi_ok ||
        napi_get_value_double(env, arguments[5], &memory) != napi_ok || memory < 0 || memory > 1e15) {
        napi_throw_type_error(env, NULL, "expected a codestream, columns, rows, samples, precision and memory");
        return NULL;
    }
    if (wanted.columns == 0 || wanted.columns > 65535 || wanted.rows == 0 || wanted.rows > 65535 ||
        wanted.samples == 0 || wanted.samples > 4 || wanted.precision == 0 || wanted.precision > 16)
        return answer_nothing(env);
    size = (uint64_t)wanted.columns * wanted.rows * wanted.samples * (wanted.precision > 8 ? 2 : 1);
    if (napi_create_arraybuffer(env, size, &to, &buffer) != napi_ok) return answer_nothing(env);
    if (!decode(bytes, length, &wanted, (size_t)memory, to)) return answer_nothing(env);
    if (napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &pixels) != napi_ok) return answer_nothing(env);
    return pixels;
}

/* An addon that says what it is without a constructor can be loaded by several threads. */
NAPI_MODULE_INIT()
{
    napi_value function;
    napi_create_function(env, "decode", NAPI_AUTO_LENGTH, call, NULL, &function);
    napi_set_named_property(env, exports, "decode", function);
    return exports;
}
