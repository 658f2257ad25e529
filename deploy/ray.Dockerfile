# The program on Ray's own image, for every machine of deploy/rayjob.yaml.
FROM rayproject/ray:2.60.0-py311
WORKDIR /srv/healthsearch
COPY --chown=ray requirements.lock requirements-cluster.txt ./
RUN pip install --no-cache-dir torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu \
 && pip install --no-cache-dir --require-hashes -r requirements.lock \
 && pip install --no-cache-dir -r requirements-cluster.txt
COPY --chown=ray build_index.py ./
COPY --chown=ray healthsearch ./healthsearch
ENV PYTHONPATH=/srv/healthsearch
