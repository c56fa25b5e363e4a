/* Region overlap as pysot's compiled code counts it: a mask of the window is painted for each of two
 * regions and its pixels are counted. Restated from the rules in feathertrack.evaluation.vot; built
 * by evaluation_vot.py, for comparison only.
 *
 * A region is 8 numbers (a polygon), 4 and then NaN (x, y, w, h), or 1 and then NaN (special).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int count; float x[4], y[4]; } Polygon;
typedef struct { float left, top, right, bottom; } Bounds;

static int read_region(const double *row, Polygon *out) {
    if (isnan(row[1])) return 0;
    out->count = 4;
    if (isnan(row[4])) {
        float x = (float)row[0], y = (float)row[1], w = (float)row[2], h = (float)row[3];
        out->x[0] = out->x[3] = x;
        out->x[1] = out->x[2] = x + w;
        out->y[0] = out->y[1] = y;
        out->y[2] = out->y[3] = y + h;
        return 1;
    }
    for (int i = 0; i < 4; i++) {
        out->x[i] = (float)row[2 * i];
        out->y[i] = (float)row[2 * i + 1];
    }
    return 1;
}

static Bounds bounds_of(const Polygon *p, const double *size) {
    Bounds b = {p->x[0], p->y[0], p->x[0], p->y[0]};
    for (int i = 1; i < p->count; i++) {
        b.left = fminf(b.left, p->x[i]);
        b.right = fmaxf(b.right, p->x[i]);
        b.top = fminf(b.top, p->y[i]);
        b.bottom = fmaxf(b.bottom, p->y[i]);
    }
    b.left = fmaxf(floorf(b.left), 0);
    b.top = fmaxf(floorf(b.top), 0);
    b.right = fminf(ceilf(b.right), (float)size[0]);
    b.bottom = fminf(ceilf(b.bottom), (float)size[1]);
    return b;
}

static void paint(const Polygon *p, char *mask, int width, int height, float left, float top) {
    int node[4], x[4], y[4];
    for (int i = 0; i < p->count; i++) {
        x[i] = (int)round(p->x[i] - left);
        y[i] = (int)round(p->y[i] - top);
    }
    memset(mask, 0, (size_t)width * height);
    for (int row = 0; row < height; row++) {
        int nodes = 0;
        for (int i = 0, j = p->count - 1; i < p->count; j = i++) {
            int low = y[i] < y[j] ? y[i] : y[j], high = y[i] < y[j] ? y[j] : y[i];
            if (y[i] != y[j] && low <= row && row <= high) {
                double share = (double)(row - y[i]) / (y[j] - y[i]);
                node[nodes++] = (int)(x[i] + share * (x[j] - x[i]));
            }
        }
        for (int i = 0; i < nodes - 1;) {
            if (node[i] > node[i + 1]) {
                int swap = node[i];
                node[i] = node[i + 1];
                node[i + 1] = swap;
                if (i) i--;
            } else {
                i++;
            }
        }
        for (int k = 0; k < nodes - 1; k += 2) {
            if (node[k] == node[k + 1]) k++;
            if (k + 1 >= nodes || node[k] >= width) break;
            if (node[k + 1] >= 0) {
                int from = node[k] < 0 ? 0 : node[k], to = node[k + 1] < width ? node[k + 1] : width - 1;
                for (int c = from; c <= to; c++) mask[(size_t)row * width + c] = 1;
            }
        }
    }
}

static float overlap(const Polygon *a, const Polygon *b, const double *size) {
    Bounds p = bounds_of(a, size), q = bounds_of(b, size);
    float left = fminf(p.left, q.left), top = fminf(p.top, q.top);
    int width = (int)(fmaxf(p.right, q.right) - left) + 1;
    int height = (int)(fmaxf(p.bottom, q.bottom) - top) + 1;
    float area_a = (p.right - p.left) * (p.bottom - p.top);
    float area_b = (q.right - q.left) * (q.bottom - q.top);
    if (area_a / area_b < 1e-10 || area_b / area_a < 1e-10 || width < 1 || height < 1) return 0;
    float shared = (fminf(p.right, q.right) - fmaxf(p.left, q.left)) *
                   (fminf(p.bottom, q.bottom) - fmaxf(p.top, q.top));
    float boxes = shared / (area_a + area_b - shared);
    if (!(boxes > 0) && !isnan(boxes)) return 0;
    char *first = malloc((size_t)width * height), *second = malloc((size_t)width * height);
    paint(a, first, width, height, left, top);
    paint(b, second, width, height, left, top);
    int only_a = 0, only_b = 0, both = 0;
    for (int i = 0; i < width * height; i++) {
        if (first[i] && second[i]) both++;
        else if (first[i]) only_a++;
        else if (second[i]) only_b++;
    }
    free(first);
    free(second);
    return (float)both / (float)(both + only_a + only_b);
}

void overlaps(const double *one, const double *two, long count, const double *size, double *out) {
    for (long i = 0; i < count; i++) {
        Polygon a, b;
        out[i] = NAN;
        if (read_region(one + 8 * i, &a) && read_region(two + 8 * i, &b)) {
            out[i] = overlap(&a, &b, size);
        }
    }
}
