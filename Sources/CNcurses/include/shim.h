// What the terminal needs of ncursesw and signals, as functions that Swift can call: macros,
// variadic functions and globals cannot be reached from Swift.
#pragma once

#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

// Takes the locale's characters from the environment and says whether they are UTF-8. Numbers
// keep the C locale.
static inline int gar_locale_is_utf8(void) {
  setlocale(LC_CTYPE, "");
  return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

enum { GAR_TERMINAL_UNKNOWN, GAR_TERMINAL_WITHOUT_CURSOR, GAR_TERMINAL_USABLE };

// What TERM names. Asked before a screen is opened, which writes even to a terminal that cannot
// move its cursor, such as TERM=dumb.
static inline int gar_terminal_kind(void) {
  int error = 0;
  if (setupterm(NULL, STDOUT_FILENO, &error) == ERR) return GAR_TERMINAL_UNKNOWN;
  const char *cup = tigetstr("cup");
  int can_move = cup != NULL && cup != (const char *)-1;
  del_curterm(cur_term);
  return can_move ? GAR_TERMINAL_USABLE : GAR_TERMINAL_WITHOUT_CURSOR;
}

// Opens a screen on standard output and input; 0 where that fails.
static inline int gar_open_screen(void) { return newterm(NULL, stdout, stdin) != NULL; }

// Makes Ctrl-Z a key like any other: as a signal it is lost while curses writes, because curses
// ignores SIGTSTP then.
static inline void gar_read_suspend_key(void) {
  struct termios modes;
  if (tcgetattr(STDIN_FILENO, &modes) != 0) return;
  modes.c_cc[VSUSP] = _POSIX_VDISABLE;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
  def_prog_mode();
}

// One key at a time, without echo, with function keys and mouse presses; no waiting in a read.
static inline void gar_set_input_modes(void) {
  cbreak();
  noecho();
  nonl();
  intrflush(stdscr, FALSE);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(25);
  mouseinterval(0);
  mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
  // Some terminals send these whatever the keypad mode.
  define_key("\033[A", KEY_UP);
  define_key("\033[B", KEY_DOWN);
  define_key("\033[C", KEY_RIGHT);
  define_key("\033[D", KEY_LEFT);
  define_key("\033[H", KEY_HOME);
  define_key("\033[F", KEY_END);
  gar_read_suspend_key();
  curs_set(0);
}

// 0, 8 or 256 colours that may be used, after `start_color`.
static inline int gar_start_colors(void) {
  if (!has_colors() || start_color() == ERR) return 0;
  use_default_colors();
  if (COLORS >= 256 && COLOR_PAIRS >= 256) return 256;
  return COLORS >= 8 && COLOR_PAIRS >= 64 ? 8 : 0;
}

static inline int gar_color_pairs(void) { return COLOR_PAIRS; }
static inline int gar_init_pair(int pair, int foreground, int background) {
  return init_extended_pair(pair, foreground, background);
}

enum { GAR_BOLD = 1, GAR_DIM = 2, GAR_UNDERLINE = 4, GAR_REVERSE = 8 };

static inline void gar_set_style(int flags, int pair) {
  attr_t attributes = A_NORMAL;
  if (flags & GAR_BOLD) attributes |= A_BOLD;
  if (flags & GAR_DIM) attributes |= A_DIM;
  if (flags & GAR_UNDERLINE) attributes |= A_UNDERLINE;
  if (flags & GAR_REVERSE) attributes |= A_REVERSE;
  attr_set(attributes, (short)(pair < 32767 ? pair : 0), &pair);
}

static inline void gar_put(int y, int x, const char *text) { mvaddstr(y, x, text); }
static inline void gar_flush(void) { refresh(); }
static inline void gar_erase(void) { erase(); }
// Makes the next flush write every cell.
static inline void gar_redraw_all(void) { clearok(stdscr, TRUE); }

// Tells curses the window's size, which it returns.
static inline void gar_window_size(int *width, int *height) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    if (size.ws_row != LINES || size.ws_col != COLS) resizeterm(size.ws_row, size.ws_col);
  }
  *width = COLS;
  *height = LINES;
}

// The next key: ERR, or `OK` with a character in *code, or `KEY_CODE_YES` with a key number.
static inline int gar_read_key(unsigned *code) {
  wint_t value = 0;
  int kind = get_wch(&value);
  *code = (unsigned)value;
  return kind;
}

enum { GAR_KEY_NONE = ERR, GAR_KEY_CHARACTER = OK, GAR_KEY_CODE = KEY_CODE_YES };
enum {
  GAR_KEY_UP = KEY_UP, GAR_KEY_DOWN = KEY_DOWN, GAR_KEY_LEFT = KEY_LEFT,
  GAR_KEY_RIGHT = KEY_RIGHT, GAR_KEY_HOME = KEY_HOME, GAR_KEY_END = KEY_END,
  GAR_KEY_PAGE_UP = KEY_PPAGE, GAR_KEY_PAGE_DOWN = KEY_NPAGE, GAR_KEY_BACK_TAB = KEY_BTAB,
  GAR_KEY_BACKSPACE = KEY_BACKSPACE, GAR_KEY_DELETE = KEY_DC, GAR_KEY_ENTER = KEY_ENTER,
  GAR_KEY_MOUSE = KEY_MOUSE, GAR_KEY_RESIZE = KEY_RESIZE,
};

// What the mouse did: 0 nothing of use, 1 pressed, 2 wheel up, 3 wheel down.
static inline int gar_read_mouse(int *x, int *y) {
  MEVENT event;
  if (getmouse(&event) != OK) return 0;
  *x = event.x;
  *y = event.y;
  if (event.bstate & BUTTON1_PRESSED) return 1;
  if (event.bstate & BUTTON4_PRESSED) return 2;
  if (event.bstate & BUTTON5_PRESSED) return 3;
  return 0;
}

// Signals (signals.c). The handlers restore the terminal with write, tcsetattr, signal and raise
// alone, on bytes prepared beforehand, so that they may run at any moment.

// Remembers how the terminal was. Call before `gar_open_screen`.
void gar_save_modes(void);

// Prepares the bytes that leave the screen: mouse off, plain style, cursor on, old screen back.
void gar_prepare_restore(void);

// Gives the terminal back on purpose. After `gar_prepare_restore`.
void gar_close_screen(void);

// Catches signals to end, stop, go on and resize, whose numbers can then be read from the file
// returned (-1 where no pipe could be made), and crashes, which restore the terminal first.
int gar_install_signals(void);
void gar_remove_signals(void);

// Leaves the screen, stops the process as the shell expects, and comes back. With `whole_group`
// the processes that the shell started together with this one stop too, as Ctrl-Z would have it.
void gar_suspend(int whole_group);
