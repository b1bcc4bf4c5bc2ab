/*
 * stat_process - what the kernel knows of this process, by the names that Prometheus' own client
 * libraries use for it
 *
 * A value that /proc does not tell, because it is not mounted or no descriptor is left, is left
 * out.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/stat.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STATM_SIZE = 128 };

/* Numbers that cannot be found out are < 0. */
static void
print_number(struct buf *out, const char *service, const char *name, const char *type,
             const char *sentence, double number)
{
    if (number < 0)
        return;
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s{service=\"%s\"} %.15g\n", name, sentence, name,
               type, name, service, number);
}

/* The second number of /proc/self/statm is the resident set in pages. */
static double
read_resident_bytes(void)
{
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    char text[STATM_SIZE];
    ssize_t size_bytes = read(fd, text, sizeof text - 1);
    close(fd);
    if (size_bytes <= 0)
        return -1;
    text[size_bytes] = 0;
    char *rest;
    strtoll(text, &rest, 10);
    return (double)strtoll(rest, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static double
count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return -1;
    int count = -1; /* without the one that reads */
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static double
read_cpu_s(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return -1;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double
read_descriptor_limit(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (double)limit.rlim_cur : -1;
}

void
stat_print_process(struct buf *out, const char *service, int64_t start_us)
{
    buf_printf(out,
               "# HELP aftercare_build_info The version of this process.\n"
               "# TYPE aftercare_build_info gauge\n"
               "aftercare_build_info{service=\"%s\",version=\"%s\"} 1\n",
               service, AFTERCARE_VERSION);
    print_number(out, service, "process_cpu_seconds_total", "counter",
                 "CPU time of user and system, in seconds.", read_cpu_s());
    print_number(out, service, "process_max_fds", "gauge", "Descriptors that may be open.",
                 read_descriptor_limit());
    print_number(out, service, "process_open_fds", "gauge", "Descriptors that are open.",
                 count_descriptors());
    print_number(out, service, "process_resident_memory_bytes", "gauge", "Memory that is resident.",
                 read_resident_bytes());
    print_number(out, service, "process_start_time_seconds", "gauge",
                 "When the process began, in seconds since 1970.", (double)start_us / 1e6);
}
