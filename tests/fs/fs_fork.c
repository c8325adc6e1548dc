// SPDX-License-Identifier: MIT
/*
 * fs_fork: how long an object lives that is mounted, in situations that only forks and threads make.
 *
 * usage: fs_fork early MOUNTPOINT           a file is opened as soon as the mount shows, before the child has
 *                                           said that it is ready, and closed later: the object must stay
 *        fs_fork beside OTHER MOUNTPOINT    the program serves another mount in the foreground meanwhile: the
 *                                           child must still end properly
 *
 *        fs_fork threads MOUNTPOINT         every thread that was told to the object has been told to stop,
 * and is through with that, before the object is closed
 *
 * Prints "closed RESULT" with what mount_process_unmount() says.
 */
#include <dokan/fs.h>
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fs *make_object(void)
{
    struct fs *fs;
    struct fs_file *file;
    if (fs_memory_new(&fs) < 0 || fs_open(fs, "/file", O_RDWR | O_CREAT, 0644, &file) < 0)
        errx(1, "no object");
    if (fs_f_pwrite(fs, file, "text", 4, 0) != 4 || fs_f_close(fs, file) < 0)
        errx(1, "no file");
    return fs;
}

static struct mount_process *mount_child(struct fs *fs, const char *path)
{
    struct fs_mount_options options = FS_MOUNT_OPTIONS;
    struct mount_process *mount = NULL;
    struct fs_error error;
    options.mode = FS_MOUNT_PROCESS;
    if (fs_mount(fs, path, &options, &mount, &error) < 0)
        errx(1, "%s", error.text);
    fs_close(fs);
    return mount;
}

static void end_child(struct mount_process *mount)
{
    printf("closed %d\n", mount_process_unmount(mount));
}

static void expect_text(int fd)
{
    char text[8] = "";
    if (pread(fd, text, sizeof text - 1, 0) != 4 || strcmp(text, "text") != 0)
        errx(1, "the file holds '%s'", text);
}

/* ---- early --------------------------------------------------------------------------------------------- */

static atomic_bool trying;

static void *open_early(void *arg)
{
    int *fd = arg;
    char *name = *(char **)(fd + 2);
    while ((fd[0] = open(name, O_RDONLY | O_CLOEXEC)) < 0) {
        trying = true;
        usleep(50);
    }
    return NULL;
}

static int early(const char *path)
{
    struct {
        int fd, unused;
        char *name;
    } job = {-1, 0, NULL};
    pthread_t thread;
    if (asprintf(&job.name, "%s/file", path) < 0 || pthread_create(&thread, NULL, open_early, &job.fd))
        errx(1, "no thread");
    while (!trying) /* a thread that begins holds locks of the C library or a sanitizer, and so would the
                       child */
        usleep(1000);
    struct mount_process *mount = mount_child(make_object(), path);
    pthread_join(thread, NULL);
    expect_text(job.fd);
    close(job.fd);
    usleep(300000); /* the kernel tells the closing when nobody waits for it */
    int again = open(job.name, O_RDONLY | O_CLOEXEC);
    if (again < 0)
        err(1, "%s, after the first closing", job.name);
    expect_text(again);
    close(again);
    end_child(mount);
    free(job.name);
    return 0;
}

/* ---- beside -------------------------------------------------------------------------------------------- */

static atomic_bool serving;

static void ready(void *ctx, const struct mount_process *mount)
{
    (void)ctx;
    (void)mount;
    serving = true;
}

static void *serve_foreground(void *arg)
{
    struct fs_mount_options options = FS_MOUNT_OPTIONS;
    struct fs_error error;
    options.mode = FS_MOUNT_FOREGROUND;
    options.ready = ready;
    struct fs *fs = make_object();
    if (fs_mount(fs, arg, &options, NULL, &error) < 0)
        errx(1, "%s", error.text);
    fs_close(fs);
    return NULL;
}

static int beside(char *other, const char *path)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve_foreground, other))
        errx(1, "no thread");
    while (!serving)
        usleep(1000);
    end_child(mount_child(make_object(), path));
    if (fs_unmount(other, NULL) < 0)
        errx(1, "cannot unmount %s", other);
    pthread_join(thread, NULL);
    return 0;
}

/* ---- threads ------------------------------------------------------------------------------------------- */

static atomic_int attached, most_attached;

static void attach(struct fs *fs)
{
    (void)fs;
    int now = ++attached;
    for (int most = most_attached; now > most && !atomic_compare_exchange_weak(&most_attached, &most, now);)
        ;
}

/* An interpreter takes its time; here on the threads that no mount is known to wait for. */
static void detach(struct fs *fs)
{
    char name[16] = "";
    (void)fs;
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (strcmp(name, "dokan-engine") == 0)
        usleep(500000);
    attached--;
}

static int close_attached(struct fs *fs)
{
    (void)fs;
    printf("at the closing %d of %s threads\n", attached, most_attached ? "some" : "no");
    return 0;
}

static int threads(const char *path)
{
    const struct fs_table table = {.size = sizeof table,
                                   .version = FS_API_VERSION,
                                   .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE,
                                   .name = "attach",
                                   .close = close_attached,
                                   .thread_start = attach,
                                   .thread_stop = detach};
    struct mount_process *mount;
    struct fs_error error;
    struct fs *fs;
    if (fs_new(&table, NULL, make_object(), &fs) < 0)
        errx(1, "no layer");
    if (fs_mount(fs, path, NULL, &mount, &error) < 0)
        errx(1, "%s", error.text);
    fs_close(fs);
    end_child(mount);
    usleep(600000);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "threads") == 0)
        return threads(argv[2]);
    if (argc == 3 && strcmp(argv[1], "early") == 0)
        return early(argv[2]);
    if (argc == 4 && strcmp(argv[1], "beside") == 0)
        return beside(argv[2], argv[3]);
    errx(2, "usage: fs_fork early|threads MOUNTPOINT | fs_fork beside OTHER MOUNTPOINT");
}
