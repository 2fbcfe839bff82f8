// Signal handlers that leave the terminal usable, whatever ends the program.

// Strict C11 hides sigaction and sigaltstack.
#define _GNU_SOURCE
#include "shim.h"

static char gar_restore_bytes[512];
static size_t gar_restore_count;
static struct termios gar_saved_modes;
static volatile sig_atomic_t gar_has_saved_modes;
static volatile sig_atomic_t gar_pending_exit;
static int gar_signal_pipe[2] = {-1, -1};
static char gar_signal_stack[65536];

static int gar_is_missing(const char *capability) {
  return capability == NULL || capability == (const char *)-1;
}

static void gar_append_restore(const char *bytes) {
  if (gar_is_missing(bytes)) return;
  // Padding such as $<5> is for terminals that no longer exist; it is left out.
  while (*bytes && gar_restore_count < sizeof gar_restore_bytes) {
    if (bytes[0] == '$' && bytes[1] == '<') {
      while (*bytes && *bytes != '>') bytes++;
      if (*bytes) bytes++;
      continue;
    }
    gar_restore_bytes[gar_restore_count++] = *bytes++;
  }
}

// What leaves the screen: the old screen comes back, or where there is none an empty one, so that
// the prompt does not stand in the middle of ours.
static const char *gar_leave_capability(void) {
  const char *leave = tigetstr("rmcup");
  if (gar_is_missing(leave)) leave = tigetstr("clear");
  return gar_is_missing(leave) ? "\r\n" : leave;
}

void gar_save_modes(void) {
  gar_has_saved_modes = tcgetattr(STDIN_FILENO, &gar_saved_modes) == 0;
}

void gar_prepare_restore(void) {
  gar_restore_count = 0;
  const char *mouse = tigetstr("kmous");
  if (mouse != NULL && mouse != (const char *)-1) gar_append_restore("\033[?1006;1000l");
  gar_append_restore(tigetstr("sgr0"));
  gar_append_restore(tigetstr("rmkx"));
  gar_append_restore(tigetstr("cnorm"));
  gar_append_restore(gar_leave_capability());
}

static void gar_write_restore(void) {
  size_t done = 0;
  while (done < gar_restore_count) {
    ssize_t count = write(STDOUT_FILENO, gar_restore_bytes + done, gar_restore_count - done);
    if (count <= 0) break;
    done += (size_t)count;
  }
}

// endwin brings back an old screen, but leaves ours where there is none.
void gar_close_screen(void) {
  int has_old_screen = !gar_is_missing(tigetstr("rmcup"));
  endwin();
  if (!has_old_screen) gar_write_restore();
}

static void gar_restore_now(void) {
  gar_write_restore();
  if (gar_has_saved_modes) tcsetattr(STDIN_FILENO, TCSANOW, &gar_saved_modes);
}

static void gar_on_crash(int number) {
  gar_restore_now();
  signal(number, SIG_DFL);
  raise(number);
}

// Hands a signal to the event loop. A second one to end finds a loop that does not answer: then
// the terminal is restored here.
static void gar_on_signal(int number) {
  int saved_errno = errno;
  if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
    if (gar_pending_exit) {
      gar_on_crash(number);
      return;
    }
    gar_pending_exit = number;
  }
  unsigned char byte = (unsigned char)number;
  ssize_t ignored = write(gar_signal_pipe[1], &byte, 1);
  (void)ignored;
  errno = saved_errno;
}

static void gar_catch(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

static const int gar_loop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
static const int gar_crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP,
                                         SIGABRT, SIGQUIT};

int gar_install_signals(void) {
  if (gar_signal_pipe[0] < 0) {
    if (pipe(gar_signal_pipe) != 0) return -1;
    for (int end = 0; end < 2; end++) {
      fcntl(gar_signal_pipe[end], F_SETFL, O_NONBLOCK);
      fcntl(gar_signal_pipe[end], F_SETFD, FD_CLOEXEC);
    }
  }
  gar_pending_exit = 0;
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = gar_signal_stack;
  stack.ss_size = sizeof gar_signal_stack;
  sigaltstack(&stack, NULL);
  for (size_t i = 0; i < sizeof gar_loop_signals / sizeof *gar_loop_signals; i++)
    gar_catch(gar_loop_signals[i], gar_on_signal, SA_RESTART);
  for (size_t i = 0; i < sizeof gar_crash_signals / sizeof *gar_crash_signals; i++)
    gar_catch(gar_crash_signals[i], gar_on_crash, SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
  return gar_signal_pipe[0];
}

void gar_remove_signals(void) {
  for (size_t i = 0; i < sizeof gar_loop_signals / sizeof *gar_loop_signals; i++)
    signal(gar_loop_signals[i], SIG_DFL);
  for (size_t i = 0; i < sizeof gar_crash_signals / sizeof *gar_crash_signals; i++)
    signal(gar_crash_signals[i], SIG_DFL);
}

void gar_suspend(int whole_group) {
  def_prog_mode();
  gar_close_screen();
  if (whole_group) {
    // Ignored here for the moment: this process is to stop exactly once, in `raise`.
    signal(SIGTSTP, SIG_IGN);
    kill(0, SIGTSTP);
  }
  signal(SIGTSTP, SIG_DFL);
  raise(SIGTSTP);
  gar_catch(SIGTSTP, gar_on_signal, SA_RESTART);
  if (gar_has_saved_modes) tcgetattr(STDIN_FILENO, &gar_saved_modes);
  gar_redraw_all();
  reset_prog_mode();
  refresh();
}
