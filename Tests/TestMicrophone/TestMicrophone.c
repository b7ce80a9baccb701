// A microphone for tests: an ALSA I/O plugin that behaves as hardware does, on machines that have none.
//
// Sample number n of a channel is n modulo 65536, counted by the device's clock from the first start on. So a test knows
// of every frame when it was captured: whether the first one was kept, and how long a gap really was. When a reader is late
// by more than the buffer, the device overruns and forgets, as hardware does.
//
// pcm.NAME { type vt_test ... } with these integers, all optional:
//   open_error    errno that opening fails with (16: EBUSY)
//   vanish_after  frames after which the device is gone (ENODEV for ever)
//   stall_after   frames after which it delivers no more, without an error
//   overrun_every frames after which it overruns by itself, time after time
//   broken_after  frames after which it overruns at once whenever it is started
//   rate          the only rate that it has; any, where it isn't given
//   channels      the only channel count that it has
//   speed         device seconds in a second (1)
// and a string:
//   play          a file of headerless s16le samples, of one channel, that it hears in place of the count, and then silence

#define PIC 1
#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct microphone {
    snd_pcm_ioplug_t io;
    long vanish_after, stall_after, overrun_every, broken_after, speed;
    int64_t epoch;       // ns, the first start
    int64_t base;        // device frame at the last start
    int64_t transferred; // frames since the last start
    int64_t next_overrun;
    int gone;
    uint16_t *played; // NULL: it counts
    int64_t played_count;
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int64_t device_frame(struct microphone *mic) {
    if (!mic->epoch) return 0;
    return (int64_t)((__int128)(now() - mic->epoch) * mic->io.rate * mic->speed / 1000000000);
}

static int mic_start(snd_pcm_ioplug_t *io) {
    struct microphone *mic = io->private_data;
    if (mic->gone) return -ENODEV;
    if (!mic->epoch) mic->epoch = now();
    mic->base = device_frame(mic);
    mic->transferred = 0;
    int64_t period = (int64_t)io->period_size * 1000000000 / io->rate / mic->speed;
    if (period < 1) period = 1;
    struct itimerspec timer = {
        .it_interval = {period / 1000000000, period % 1000000000}, .it_value = {period / 1000000000, period % 1000000000}};
    timerfd_settime(io->poll_fd, 0, &timer, NULL);
    return 0;
}

static int mic_stop(snd_pcm_ioplug_t *io) {
    struct itimerspec none = {{0, 0}, {0, 0}};
    timerfd_settime(io->poll_fd, 0, &none, NULL);
    return 0;
}

static snd_pcm_sframes_t mic_pointer(snd_pcm_ioplug_t *io) {
    struct microphone *mic = io->private_data;
    int64_t frame = device_frame(mic);
    if (mic->vanish_after && frame >= mic->vanish_after) mic->gone = 1;
    if (mic->gone) return -ENODEV;
    if (mic->broken_after && frame >= mic->broken_after) return -EPIPE;
    if (mic->overrun_every && frame >= mic->next_overrun) {
        mic->next_overrun = frame + mic->overrun_every;
        return -EPIPE;
    }
    if (mic->stall_after && frame > mic->stall_after) frame = mic->stall_after > mic->base ? mic->stall_after : mic->base;
    int64_t delivered = frame - mic->base;
    if (delivered - mic->transferred > (int64_t)io->buffer_size) return -EPIPE;
    return (snd_pcm_sframes_t)(delivered % (int64_t)io->buffer_size);
}

static snd_pcm_sframes_t mic_transfer(
    snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
    struct microphone *mic = io->private_data;
    for (unsigned channel = 0; channel < io->channels; channel++) {
        char *first = (char *)areas[channel].addr + areas[channel].first / 8;
        for (snd_pcm_uframes_t i = 0; i < size; i++) {
            int64_t frame = mic->base + mic->transferred + (int64_t)i;
            uint16_t value = mic->played ? (frame < mic->played_count ? mic->played[frame] : 0) : (uint16_t)frame;
            memcpy(first + (offset + i) * (areas[channel].step / 8), &value, sizeof value);
        }
    }
    mic->transferred += (int64_t)size;
    return (snd_pcm_sframes_t)size;
}

static int mic_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned count, unsigned short *events) {
    struct microphone *mic = io->private_data;
    uint64_t ticks;
    (void)count;
    *events = fds[0].revents;
    if (fds[0].revents & POLLIN) {
        if (read(io->poll_fd, &ticks, sizeof ticks) < 0) *events = 0;
        if (mic->stall_after && device_frame(mic) > mic->stall_after) *events = 0;
        if (mic->gone) *events = POLLERR;
    }
    return 0;
}

static int mic_prepare(snd_pcm_ioplug_t *io) {
    struct microphone *mic = io->private_data;
    return mic->gone ? -ENODEV : 0;
}

static int mic_close(snd_pcm_ioplug_t *io) {
    struct microphone *mic = io->private_data;
    close(io->poll_fd);
    free(mic->played);
    free(mic);
    return 0;
}

static int load(struct microphone *mic, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return -errno;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    mic->played_count = size < 0 ? 0 : size / 2;
    mic->played = malloc((size_t)mic->played_count * 2 + 2);
    int failed = size < 0 || !mic->played || fread(mic->played, 2, (size_t)mic->played_count, file) != (size_t)mic->played_count;
    fclose(file);
    return failed ? -EIO : 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = mic_start,
    .stop = mic_stop,
    .pointer = mic_pointer,
    .transfer = mic_transfer,
    .close = mic_close,
    .prepare = mic_prepare,
    .poll_revents = mic_poll_revents,
};

SND_PCM_PLUGIN_DEFINE_FUNC(vt_test) {
    long open_error = 0, rate = 0, channels = 0;
    struct microphone *mic = calloc(1, sizeof *mic);
    if (!mic) return -ENOMEM;
    mic->speed = 1;
    const char *play = NULL;
    snd_config_iterator_t i, next;
    struct {
        const char *key;
        long *value;
    } settings[] = {
        {"open_error", &open_error},          {"vanish_after", &mic->vanish_after},
        {"stall_after", &mic->stall_after},   {"overrun_every", &mic->overrun_every},
        {"broken_after", &mic->broken_after}, {"rate", &rate},
        {"channels", &channels},              {"speed", &mic->speed},
    };
    (void)root;
    snd_config_for_each(i, next, conf) {
        snd_config_t *entry = snd_config_iterator_entry(i);
        const char *id;
        if (snd_config_get_id(entry, &id) < 0) continue;
        if (!strcmp(id, "play")) snd_config_get_string(entry, &play);
        for (size_t s = 0; s < sizeof settings / sizeof *settings; s++)
            if (!strcmp(id, settings[s].key)) snd_config_get_integer(entry, settings[s].value);
    }
    int error = -(int)open_error;
    if (!error && stream != SND_PCM_STREAM_CAPTURE) error = -EINVAL;
    if (!error && play) error = load(mic, play);
    if (error) {
        free(mic->played);
        free(mic);
        return error;
    }
    mic->next_overrun = mic->overrun_every;
    mic->io.version = SND_PCM_IOPLUG_VERSION;
    mic->io.name = "vt test microphone";
    mic->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC;
    mic->io.mmap_rw = 0;
    mic->io.callback = &callbacks;
    mic->io.private_data = mic;
    mic->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    mic->io.poll_events = POLLIN;
    error = snd_pcm_ioplug_create(&mic->io, name, stream, mode);
    if (error < 0) {
        close(mic->io.poll_fd);
        free(mic->played);
        free(mic);
        return error;
    }
    static const unsigned accesses[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED};
    static const unsigned formats[] = {SND_PCM_FORMAT_S16_LE};
    snd_pcm_ioplug_set_param_list(&mic->io, SND_PCM_IOPLUG_HW_ACCESS, 2, accesses);
    snd_pcm_ioplug_set_param_list(&mic->io, SND_PCM_IOPLUG_HW_FORMAT, 1, formats);
    snd_pcm_ioplug_set_param_minmax(
        &mic->io, SND_PCM_IOPLUG_HW_CHANNELS, channels ? (unsigned)channels : 1, channels ? (unsigned)channels : 8);
    snd_pcm_ioplug_set_param_minmax(
        &mic->io, SND_PCM_IOPLUG_HW_RATE, rate ? (unsigned)rate : 4000, rate ? (unsigned)rate : 192000);
    snd_pcm_ioplug_set_param_minmax(&mic->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 20);
    snd_pcm_ioplug_set_param_minmax(&mic->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 128, 4 << 20);
    *pcmp = mic->io.pcm;
    return 0;
}

SND_PCM_PLUGIN_SYMBOL(vt_test);
