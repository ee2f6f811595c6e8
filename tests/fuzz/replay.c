/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one fuzz target over the files of its corpus, without libFuzzer: `replay_x FILE...`.
 * A finding stays found when the compiler, the sanitizer or the day changes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 ||
            fseek(file, 0, SEEK_SET) != 0)
        goto failed;
    data = malloc((size_t)size + 1);
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size)
        goto failed;
    (void)fclose(file);
    /* An exact allocation lets the sanitizer see a read of one byte too far. */
    {
        uint8_t *exact = realloc(data, size == 0 ? 1 : (size_t)size);

        (void)LLVMFuzzerTestOneInput(exact == NULL ? data : exact, (size_t)size);
        free(exact == NULL ? data : exact);
    }
    return 0;
failed:
    perror(path);
    free(data);
    if (file != NULL)
        (void)fclose(file);
    return 1;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    return failed;
}
